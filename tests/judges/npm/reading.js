// What @pnp/sp reads. Each function gives plain JSON, for the tests to compare with what they put in.
import { Web } from "@pnp/sp/webs/index.js";
import { fileFromServerRelativePath, folderFromServerRelativePath } from "@pnp/sp/presets/all.js";

const text = (buffer) => Buffer.from(buffer).toString("base64");

export async function web(sp) {
    const info = await sp.web();
    const below = await sp.web.webs.select("Title", "ServerRelativeUrl")();
    const regional = await sp.web.regionalSettings();
    const zone = await sp.web.regionalSettings.timeZone();
    const me = await sp.web.currentUser();
    const properties = await sp.web.allProperties();
    const site = await sp.site.select("Id", "Url", "ServerRelativeUrl")();
    const context = await sp.web.getContextInfo();
    return { info, below, regional, zone, me, properties, site, context };
}

export async function lists(sp) {
    return sp.web.lists.filter("Hidden eq false").select("Id", "Title", "ItemCount", "BaseTemplate", "RootFolder/ServerRelativeUrl")
        .expand("RootFolder").orderBy("Title")();
}

export async function list(sp, { title }) {
    const one = sp.web.lists.getByTitle(title);
    const info = await one.select("*", "HasUniqueRoleAssignments", "ValidationFormula", "ValidationMessage")();
    const fields = await one.fields();
    const types = await one.contentTypes.expand("FieldLinks")();
    const views = await one.views.expand("ViewFields")();
    const standard = await one.defaultView();
    const byId = await sp.web.lists.getById(info.Id).select("Title")();
    return { info, fields, types, views, standard, byId };
}

export async function items(sp, { title, top }) {
    const one = sp.web.lists.getByTitle(title).items;
    const pages = [];
    for await (const page of one.top(top)) pages.push(page);
    const expanded = await one.select("Id", "Title", "Author/Title", "Author/EMail", "Project/Title", "Project/Id", "Related/Title", "Helper/Name")
        .expand("Author", "Project", "Related", "Helper").filter("Urgent eq 1")();
    return { pages, expanded };
}

export async function caml(sp, { title, xml }) {
    const one = sp.web.lists.getByTitle(title);
    const found = await one.getItemsByCAMLQuery({ ViewXml: xml });
    const stream = await one.renderListDataAsStream({ ViewXml: xml, RenderOptions: 2 });
    return { found, stream };
}

export async function item(sp, { title, id, attachment }) {
    const one = sp.web.lists.getByTitle(title).items.getById(id);
    const info = await one();
    const shown = await one.fieldValuesAsText();
    const versions = await one.versions();
    const attachments = await one.attachmentFiles();
    const content = text(await one.attachmentFiles.getByName(attachment).getBuffer());
    const isUnique = await one.select("HasUniqueRoleAssignments")();
    const roles = await one.roleAssignments.expand("Member", "RoleDefinitionBindings")();
    const type = await one.select("ContentType/Name").expand("ContentType")();
    return { info, shown, versions, attachments, content, isUnique, roles, type };
}

export async function changes(sp, { title, token }) {
    const one = sp.web.lists.getByTitle(title);
    const query = {
        // Everything that happens to items.
        Add: true, Update: true, DeleteObject: true, Item: true, Rename: true, Move: true, SystemUpdate: true,
        RoleAssignmentAdd: true, RoleAssignmentDelete: true, RecursiveAll: true,
        ChangeTokenStart: token ? { StringValue: token } : undefined,
    };
    const { CurrentChangeToken: now } = await one.select("CurrentChangeToken")();
    return { now: now.StringValue, found: await one.getChanges(query) };
}

export async function file(sp, { path }) {
    const one = sp.web.getFileByServerRelativePath(path);
    const info = await one();
    const content = text(await one.getBuffer());
    const versions = await one.versions.expand("CreatedBy")();
    const older = [];
    for (const version of versions) {
        older.push(text(await one.versions.getById(version.ID).getBuffer()));
    }
    const fields = await one.listItemAllFields();
    const exists = await one.exists();
    return { info, content, versions, older, fields, exists };
}

export async function folder(sp, { path }) {
    const one = sp.web.getFolderByServerRelativePath(path);
    const files = await one.files.select("Name", "Length", "ServerRelativeUrl")();
    const folders = await one.folders.select("Name", "ItemCount")();
    return { info: await one(), files, folders };
}

export async function people(sp) {
    const groups = await sp.web.siteGroups.expand("Users")();
    const roles = await sp.web.roleDefinitions();
    const assignments = await sp.web.roleAssignments.expand("Member", "RoleDefinitionBindings")();
    const owners = await sp.web.associatedOwnerGroup();
    return { groups, roles, assignments, owners };
}

export async function navigation(sp) {
    const quick = await sp.web.navigation.quicklaunch.expand("Children")();
    const top = await sp.web.navigation.topNavigationBar();
    return { quick, top };
}

export async function page(sp, { path }) {
    const one = await sp.web.loadClientsidePage(path);
    return {
        title: one.title,
        sections: one.sections.length,
        controls: one.sections.flatMap((s) => s.columns.flatMap((c) => c.controls.map((o) => o.data))),
    };
}

export async function batch(sp, { title, ids }) {
    const [batched, execute] = sp.batched();
    const one = batched.web.lists.getByTitle(title);
    const found = [];
    const asked = ids.map((id) => one.items.getById(id)().then((r) => found.push({ id, title: r.Title }), (e) => found.push({ id, status: e.status })));
    await execute();
    await Promise.all(asked);
    return found;
}

export async function nothing(sp, { title }) {
    return sp.web.lists.getByTitle(title)();
}
