// Asks a Graph as @microsoft/microsoft-graph-client does, one task after the other. What to do comes as JSON on the
// standard input, the token included, so that it does not stand among the arguments; answers go to the standard output.
import { BatchRequestContent, BatchResponseContent, Client, PageIterator } from "@microsoft/microsoft-graph-client";

async function input() {
    const pieces = [];
    for await (const piece of process.stdin) pieces.push(piece);
    return JSON.parse(Buffer.concat(pieces).toString("utf8"));
}

// Every page by the client's own iterator; where it ends, and what link it ends with.
async function all(client, path, shape = (request) => request, headers = {}) {
    const rows = [];
    const first = await shape(client.api(path)).headers(headers).get();
    const pages = new PageIterator(client, first, (row) => { rows.push(row); return true; }, { headers });
    await pages.iterate();
    return { rows, link: pages.getDeltaLink() ?? null, isComplete: pages.isComplete() };
}

const tasks = {
    async people(client) {
        return all(client, "/users", (one) => one.top(3).select(["id", "userPrincipalName"]));
    },
    async mailbox(client, { user }) {
        return client.api(`/users/${user}/settings/exchange`).get();
    },
    async archive(client, { user }) {
        return client.api(`/users/${user}/settings/exchange`).version("beta").get();
    },
    async folders(client, { home }) {
        return all(client, `${home}/folders`, (one) => one.count(true).orderby("displayName"));
    },
    async items(client, { home, folder, properties }) {
        const clauses = properties.map((one) => `id eq '${one}'`).join(" or ");
        return all(client, `${home}/folders/${folder}/items`, (one) => one.top(7)
            .expand(`singleValueExtendedProperties($filter=${clauses})`));
    },
    async delta(client, { path, size, ids }) {
        const prefer = ids ? `odata.maxpagesize=${size}, IdType="ImmutableId"` : `odata.maxpagesize=${size}`;
        return all(client, path, (one) => one, { Prefer: prefer });
    },
    async exported(client, { home, ids }) {
        return client.api(`${home}/exportItems`).post({ itemIds: ids });
    },
    async imported(client, { home, folder, data }) {
        const session = await client.api(`${home}/createImportSession`).post(null);
        const answer = await fetch(session.importUrl, {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify({ FolderId: folder, Mode: "create", Data: data }),
        });
        return { status: answer.status, body: await answer.json(), host: new URL(session.importUrl).host };
    },
    async batch(client, { base, urls }) {
        const content = new BatchRequestContent(urls.map((url, number) => (
            { id: `${number}`, request: new Request(base + url, { method: "GET" }) }
        )));
        const told = new BatchResponseContent(await client.api("/$batch").post(await content.getContent()));
        const found = {};
        for (let number = 0; number < urls.length; number += 1) {
            const one = told.getResponseById(`${number}`);
            found[number] = { status: one.status, body: await one.json() };
        }
        return found;
    },
    async made(client, { home, name }) {
        const folder = await client.api(`${home}/folders`).post({ displayName: name, type: "IPF.Note" });
        await client.api(`${home}/folders/${folder.id}`).patch({ displayName: `${name}!` });
        const renamed = await client.api(`${home}/folders/${folder.id}`).get();
        await client.api(`${home}/folders/${folder.id}`).delete();
        return { folder, renamed };
    },
    async got(client, { path, version }) {
        return client.api(path).version(version ?? "v1.0").get();
    },
};

async function done(client, { task, given }) {
    try {
        return { found: (await tasks[task](client, given)) ?? null };
    } catch (error) {
        const { statusCode, code, requestId, message, date } = error;
        return { refused: { status: statusCode ?? null, code: code ?? null, requestId: requestId ?? null, date: `${date}`, message } };
    }
}

const { url, token, tasks: wanted } = await input();
const client = Client.init({
    authProvider: (give) => give(null, token),
    baseUrl: `${url}/`,
    customHosts: new Set([new URL(url).hostname]),
});
const found = [];
for (const one of wanted) found.push(await done(client, one));
process.stdout.write(JSON.stringify(found));
