// A server of foreign make, for the tests. Serves two actors, @sunil and @ivy (who was @sunil before), and takes orders on /control/….
// Environment: PORT, ORIGIN (https://localhost:PORT), TLS_CERT, TLS_KEY. Prints `ready` when it serves.
import { createServer } from "node:https";
import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { Temporal } from "@js-temporal/polyfill";
import { createFederation, generateCryptoKeyPair, MemoryKvStore } from "@fedify/fedify";
import { Accept, Activity, Announce, Create, Delete, Endpoints, Follow, Like, Note, Person, PUBLIC_COLLECTION, Undo, Update } from "@fedify/vocab";

const origin = process.env.ORIGIN;
const federation = createFederation({ kv: new MemoryKvStore(), allowPrivateAddress: true, origin });
const pairs = [await generateCryptoKeyPair("RSASSA-PKCS1-v1_5"), await generateCryptoKeyPair("Ed25519")];
const notes = new Map();
const names = { sunil: "Sunil" };
const heard = [];  // what came in with a signature that Fedify accepts
const knocks = [];  // each POST that Fedify makes: how it is signed, and what it is answered

const fetched = globalThis.fetch;
globalThis.fetch = async (what, how) => {
  const whole = what instanceof Request;
  const method = how?.method ?? (whole ? what.method : "GET");
  const headers = new Headers(how?.headers ?? (whole ? what.headers : undefined));
  const response = await fetched(what, how);
  if (method === "POST") {
    const scheme = headers.has("signature-input") ? "rfc9421" : headers.has("signature") ? "cavage" : "none";
    knocks.push({ url: String(whole ? what.url : what), scheme, status: response.status });
  }
  return response;
};

federation
  .setActorDispatcher("/users/{identifier}", async (ctx, identifier) => {
    if (identifier !== "sunil" && identifier !== "ivy") return null;
    const keys = await ctx.getActorKeyPairs(identifier);
    return new Person({
      id: ctx.getActorUri(identifier), preferredUsername: identifier, name: identifier === "ivy" ? "Ivy" : names.sunil,
      aliases: identifier === "ivy" ? [ctx.getActorUri("sunil")] : [],
      inbox: ctx.getInboxUri(identifier), outbox: new URL(`${origin}/users/${identifier}/outbox`), url: ctx.getActorUri(identifier),
      endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
      publicKey: keys[0].cryptographicKey, assertionMethods: keys.map((pair) => pair.multikey),
    });
  })
  .setKeyPairsDispatcher((_, identifier) => (identifier === "sunil" || identifier === "ivy" ? pairs : []));

federation.setObjectDispatcher(Note, "/notes/{id}", (_, { id }) => notes.get(id) ?? null);

const inbox = federation.setInboxListeners("/users/{identifier}/inbox", "/inbox");
for (const kind of [Accept, Announce, Create, Delete, Follow, Like, Undo, Update]) {
  inbox.on(kind, async (_, activity) => {
    heard.push({ type: kind.name, activity: await activity.toJsonLd({ format: "compact" }) });
  });
}

async function context() {
  return federation.createContext(new URL(origin), undefined);
}

const orders = {
  // Finds somebody by handle or address, as a person would who types it into a search box.
  async lookup({ what }) {
    const found = await (await context()).lookupObject(what);
    return { found: found ? await found.toJsonLd({ format: "compact" }) : null };
  },
  async follow({ whom }) {
    const ctx = await context();
    const actor = await ctx.lookupObject(whom);
    const follow = new Follow({ id: new URL(`${origin}/follows/${crypto.randomUUID()}`), actor: ctx.getActorUri("sunil"), object: actor.id, to: actor.id });
    await ctx.sendActivity({ identifier: "sunil" }, actor, follow, { immediate: true });
    return { id: follow.id.href };
  },
  async unfollow({ whom, id }) {
    const ctx = await context();
    const actor = await ctx.lookupObject(whom);
    const undone = new Follow({ id: new URL(id), actor: ctx.getActorUri("sunil"), object: actor.id });
    await ctx.sendActivity({ identifier: "sunil" }, actor, new Undo({ id: new URL(`${origin}/undos/${crypto.randomUUID()}`), actor: ctx.getActorUri("sunil"), object: undone }), { immediate: true });
    return {};
  },
  // Replies to an object, with words or (with `vote`) as a poll's vote.
  async reply({ to, whom, words, vote }) {
    const ctx = await context();
    const actor = await ctx.lookupObject(whom);
    const id = crypto.randomUUID();
    const me = ctx.getActorUri("sunil");
    const common = { id: ctx.getObjectUri(Note, { id }), attribution: me, replyTarget: new URL(to), to: vote ? actor.id : PUBLIC_COLLECTION, cc: vote ? null : actor.id, published: Temporal.Now.instant() };
    const note = new Note(vote ? { ...common, name: vote } : { ...common, content: words });
    notes.set(id, note);
    await ctx.sendActivity({ identifier: "sunil" }, actor, new Create({ id: new URL(`#create`, note.id), actor: me, object: note, to: note.toId, cc: vote ? null : actor.id }), { immediate: true });
    return { id: note.id.href };
  },
  async like({ what, whom }) {
    const ctx = await context();
    const actor = await ctx.lookupObject(whom);
    await ctx.sendActivity({ identifier: "sunil" }, actor, new Like({ id: new URL(`${origin}/likes/${crypto.randomUUID()}`), actor: ctx.getActorUri("sunil"), object: new URL(what) }), { immediate: true });
    return {};
  },
  // Anything at all, as JSON: `say` is signed in sunil's name, or another's, and sent to whoever is behind `whom`.
  async say({ say, whom, as }) {
    const ctx = await context();
    const me = ctx.getActorUri(as ?? "sunil");
    const id = `${origin}/activities/${crypto.randomUUID()}`;
    const activity = await Activity.fromJsonLd({ "@context": "https://www.w3.org/ns/activitystreams", id, actor: me.href, ...say }, ctx);
    const actor = await ctx.lookupObject(whom);
    await ctx.sendActivity({ identifier: as ?? "sunil" }, actor, activity, { immediate: true });
    return { id };
  },
  // Changes a note of ours, or takes it away, where others fetch it.
  async note({ id, words }) {
    const name = id.split("/").at(-1);
    if (words === undefined) notes.delete(name);
    else notes.set(name, notes.get(name).clone({ content: words, updated: Temporal.Now.instant() }));
    return {};
  },
  rename({ name }) {
    names.sunil = name;
    return {};
  },
  knocks() {
    return { knocks: knocks.splice(0) };
  },
  heard() {
    return { heard };
  },
};

async function answer(request) {
  const { pathname } = new URL(request.url);
  if (!pathname.startsWith("/control/")) return await federation.fetch(request, { contextData: undefined });
  try {
    const told = request.method === "POST" ? await request.json() : {};
    return Response.json(await orders[pathname.slice("/control/".length)](told));
  } catch (error) {
    return Response.json({ error: String(error?.stack ?? error) }, { status: 500 });
  }
}

createServer({ cert: readFileSync(process.env.TLS_CERT), key: readFileSync(process.env.TLS_KEY) }, async (incoming, outgoing) => {
  const body = ["GET", "HEAD"].includes(incoming.method) ? undefined : Readable.toWeb(incoming);
  const request = new Request(new URL(incoming.url, origin), { method: incoming.method, headers: incoming.headers, body, duplex: "half" });
  const response = await answer(request);
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(Buffer.from(await response.arrayBuffer()));
}).listen(Number(process.env.PORT), "127.0.0.1", () => console.log("ready"));
