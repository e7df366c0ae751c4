// Asks a SharePoint as @pnp/sp does, one task after the other. What to do comes as JSON on the standard input,
// tokens included, so that none stands among the arguments; what was found out goes to the standard output.
import { spfi, DefaultHeaders, DefaultInit, RequestDigest } from "@pnp/sp";
import { BearerToken, BrowserFetch, DefaultParse } from "@pnp/queryable";
import "@pnp/sp/presets/all.js";
import * as reading from "./reading.js";
import * as writing from "./writing.js";

async function input() {
    const pieces = [];
    for await (const piece of process.stdin) pieces.push(piece);
    return JSON.parse(Buffer.concat(pieces).toString("utf8"));
}

function site(url, token) {
    return spfi(url).using(
        DefaultInit(), DefaultHeaders(), BrowserFetch(), DefaultParse(), BearerToken(token), RequestDigest(),
    );
}

async function done(sp, { task, given }) {
    try {
        return { found: (await { ...reading, ...writing }[task](sp, given)) ?? null };
    } catch (error) {
        return { refused: { status: error.status ?? null, message: `${task}: ${error.message}` } };
    }
}

const { url, token, tasks } = await input();
const sp = site(url, token);
const found = [];
for (const one of tasks) found.push(await done(sp, one));
process.stdout.write(JSON.stringify(found));
