// What @pnp/sp writes. Each function gives what the server answered.

const bytes = (base64) => new Uint8Array(Buffer.from(base64, "base64"));

export async function makeList(sp, { title, template, description }) {
    const made = await sp.web.lists.add(title, description, template, true);
    const one = sp.web.lists.getById(made.Id);
    await one.update({ EnableVersioning: true, MajorVersionLimit: 11, Description: `${description}, changed` });
    await one.fields.createFieldAsXml({
        SchemaXml: "<Field ID='{5d0fa2a6-0d20-4c22-9c0f-c0ffee000001}' Type='Text' Name='Nick' StaticName='Nick' DisplayName='Nick name' />",
        Options: 8,
    });
    await one.fields.addNumber("Weight", { MinimumValue: 0 });
    await one.fields.addChoice("Shade", { Choices: ["light", "dark"] });
    await one.views.add("Heavy ones", false, { RowLimit: 9, ViewQuery: "<Where><Gt><FieldRef Name='Weight' /><Value Type='Number'>5</Value></Gt></Where>" });
    await one.views.getByTitle("Heavy ones").fields.add("Weight");
    return made;
}

export async function writeItem(sp, { title, attachment }) {
    const one = sp.web.lists.getByTitle(title);
    const made = await one.items.add({ Title: "first", Nick: "Ä & <b>", Weight: 7.25, Shade: "dark" });
    const item = one.items.getById(made.Id);
    const updated = await item.update({ Title: "second" });
    const validated = await item.validateUpdateListItem([
        { FieldName: "Nick", FieldValue: "third" },
        { FieldName: "Weight", FieldValue: "no number" },
    ]);
    await item.attachmentFiles.add("a b.txt", bytes(attachment));
    const stale = await item.update({ Title: "never" }, '"00000000-0000-0000-0000-000000000000,99"').catch((e) => e.status);
    const [batched, execute] = sp.batched();
    const asked = ["x", "y", "z"].map((name) => batched.web.lists.getByTitle(title).items.add({ Title: name }));
    await execute();
    const more = (await Promise.all(asked)).map((r) => r.Id);
    return { id: made.Id, etag: updated.etag, validated, stale, more };
}

export async function writeFiles(sp, { folder, small, large, chunk }) {
    const place = sp.web.getFolderByServerRelativePath(folder);
    const inner = await place.folders.addUsingPath("New & old 100%");
    const one = await place.files.addUsingPath("small #1.txt", bytes(small), { Overwrite: true });
    const stages = [];
    const big = await place.files.addChunked("large.bin", new Blob([bytes(large)]), {
        progress: (at) => stages.push(at.stage), Overwrite: true, chunkSize: chunk,
    });
    const file = sp.web.getFileByServerRelativePath(one.ServerRelativeUrl);
    await file.setContent(bytes(large));
    const again = await place.files.addUsingPath("small #1.txt", bytes(small)).catch((e) => e.status);
    const item = await file.getItem("Id", "Title");
    await item.update({ Title: "named" });
    await file.checkout();
    await file.checkin("come in", 1);
    return { inner, one, big, stages, again, info: await file() };
}

export async function permit(sp, { title, id, login }) {
    const { Id: person } = await sp.web.ensureUser(login);
    const item = sp.web.lists.getByTitle(title).items.getById(id);
    await item.breakRoleInheritance(false);
    const { Id: role } = await sp.web.roleDefinitions.getByName("Contribute")();
    await item.roleAssignments.add(person, role);
    const group = await sp.web.siteGroups.add({ Title: "Made by hand" });
    await sp.web.siteGroups.getById(group.Id).users.add(login);
    await item.roleAssignments.add(group.Id, role);
    const before = await item.roleAssignments();
    await item.roleAssignments.remove(group.Id, role);
    return { person, group: group.Id, before: before.map((one) => one.PrincipalId) };
}

export async function throwAway(sp, { title, ids, path }) {
    const one = sp.web.lists.getByTitle(title);
    const recycled = await one.items.getById(ids[0]).recycle();
    await one.items.getById(ids[1]).delete();
    const file = await sp.web.getFileByServerRelativePath(path).recycle();
    const bin = await sp.web.recycleBin();
    await sp.web.recycleBin.getById(recycled).restore();
    const list = await one.recycle();
    return { recycled, file, bin, list };
}

export async function makePage(sp, { name }) {
    const made = await sp.web.addClientsidePage(name, "A page");
    await made.save();
    return made.json;
}
