// Speaks the client object model as Microsoft's own JavaScript client does, which the package csom-node brings along.
// What to do comes as JSON on the standard input, tokens included; what was found out goes to the standard output.
import Module, { createRequire } from "node:module";
import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";

// The package asks for its files by names whose letters differ in case from those they have.
const resolve = Module._resolveFilename;
Module._resolveFilename = function (wanted, parent, ...rest) {
    try {
        return resolve.call(this, wanted, parent, ...rest);
    } catch (error) {
        const folder = join(dirname(parent.filename), dirname(wanted));
        const name = readdirSync(folder).find((one) => one.toLowerCase() === basename(wanted).toLowerCase());
        if (!name) throw error;
        return join(folder, name);
    }
};

async function input() {
    const pieces = [];
    for await (const piece of process.stdin) pieces.push(piece);
    return JSON.parse(Buffer.concat(pieces).toString("utf8"));
}

function entered(url, token) {
    const context = new SP.ClientContext(url);
    context.add_executingWebRequest((_, given) => {
        given.get_webRequest().get_headers()["Authorization"] = `Bearer ${token}`;
    });
    return context;
}

function done(context) {
    return new Promise((resolved) => {
        context.executeQueryAsync(
            () => resolved(null),
            (_, given) => resolved({ code: given.get_errorCode(), type: given.get_errorTypeName(), message: given.get_message() }),
        );
    });
}

const tasks = {
    // Changes all that is given and reads all of it back in the same request.
    async change(context, { properties, numbers, regional, zone, list, listProperties, group, owner }) {
        const web = context.get_web();
        const bag = web.get_allProperties();
        for (const [name, value] of Object.entries(properties)) bag.set_item(name, value);
        web.update();
        const settings = web.get_regionalSettings();
        settings.set_localeId(regional.LocaleId);
        settings.set_time24(regional.Time24);
        settings.set_firstDayOfWeek(regional.FirstDayOfWeek);
        settings.set_timeZone(settings.get_timeZones().getById(zone));
        settings.update();
        const folder = web.get_lists().getById(list).get_rootFolder();
        for (const [name, value] of Object.entries(listProperties)) folder.get_properties().set_item(name, value);
        folder.update();
        const one = web.get_siteGroups().getById(group);
        one.set_owner(web.get_siteGroups().getById(owner));
        one.update();
        return done(context);
    },
    // Looks at the term store: sets by id and by name, the site's own group, terms by label.
    async terms(context, { set, missing, name, label }) {
        const session = SP.Taxonomy.TaxonomySession.getTaxonomySession(context);
        const store = session.getDefaultSiteCollectionTermStore(), stores = session.get_termStores();
        const found = store.getTermSet(new SP.Guid(set)), none = store.getTermSet(new SP.Guid(missing));
        const named = store.getTermSetsByName(name, 1033);
        const own = store.getSiteCollectionGroup(context.get_site(), false);
        const match = SP.Taxonomy.LabelMatchInformation.newObject(context);
        match.set_termLabel(label);
        match.set_lcid(1033);
        match.set_stringMatchOption(SP.Taxonomy.StringMatchOption.exactMatch);
        match.set_defaultLabelOnly(true);
        match.set_trimUnavailable(false);
        match.set_resultCollectionSize(5);
        const terms = found.getTerms(match);
        for (const one of [store, stores, none, terms]) context.load(one);
        context.load(found, "Id", "Name", "Group.Name", "Group.IsSiteCollectionGroup");
        context.load(named, "Include(Id, Name, Group.Name)");
        context.load(own, "Name", "TermSets.Include(Id, Name)");
        const refused = await done(context);
        if (refused) return { refused };
        const each = (rows, tell) => Array.from({ length: rows.get_count() }, (_, at) => tell(rows.get_item(at)));
        return {
            store: store.get_id().toString(), language: store.get_defaultLanguage(), stores: each(stores, (one) => one.get_id().toString()),
            set: [found.get_name(), found.get_group().get_name(), found.get_group().get_isSiteCollectionGroup()],
            isMissing: none.get_serverObjectIsNull(),
            named: each(named, (one) => [one.get_id().toString(), one.get_group().get_name()]),
            own: [own.get_name(), ...each(own.get_termSets(), (one) => one.get_name())],
            terms: each(terms, (one) => [one.get_id().toString(), one.get_name()]),
        };
    },
    async read(context, { list, group }) {
        const web = context.get_web();
        const settings = web.get_regionalSettings();
        const bag = web.get_allProperties(), zone = settings.get_timeZone();
        const listBag = web.get_lists().getById(list).get_rootFolder().get_properties();
        const owner = web.get_siteGroups().getById(group).get_owner();
        for (const one of [bag, settings, zone, listBag, owner]) context.load(one);
        const refused = await done(context);
        if (refused) return { refused };
        return {
            properties: bag.get_fieldValues(), listProperties: listBag.get_fieldValues(),
            regional: { LocaleId: settings.get_localeId(), Time24: settings.get_time24(), FirstDayOfWeek: settings.get_firstDayOfWeek() },
            zone: zone.get_id(), owner: owner.get_title(),
        };
    },
};

const { url, token, asked } = await input();
createRequire(import.meta.url)("csom-node").setLoaderOptions({ url, packages: ["taxonomy"] });
const found = [];
for (const { task, given } of asked) found.push(await tasks[task](entered(url, token), given));
process.stdout.write(JSON.stringify(found));
