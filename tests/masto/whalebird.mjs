// Tom's app on his desk: megalodon, which Whalebird and Fedistar are built on.
// It is told HUB and OTHER (a token of a neighbour's). It prints a line of JSON for whatever somebody has to do for it,
// reads on when that is done, and prints what it saw.

import assert from "node:assert/strict";
import { createInterface } from "node:readline";

import generator, { detector } from "megalodon";

const { HUB, OTHER } = process.env;
setTimeout(() => assert.fail("Whatever it waits for does not come."), 120_000).unref();
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
async function asked(what) {
  console.log(JSON.stringify(what));
  return (await answers.next()).value;
}
const saw = { kind: await detector(HUB) };
const stranger = generator(saw.kind, HUB);
const app = await stranger.registerApp("Whalebird", { scopes: ["read", "write", "follow"] });
const code = await asked({ address: app.url });
const token = await stranger.fetchAccessToken(app.client_id, app.client_secret, code);
const tom = generator(saw.kind, HUB, token.access_token);
const other = generator(saw.kind, HUB, OTHER);

const me = (await tom.verifyAccountCredentials()).data;
saw.me = me.acct;
const instance = (await tom.getInstance()).data;
saw.title = instance.title;
assert.equal(instance.urls.streaming_api, HUB.replace("https", "wss"));
await tom.getInstanceCustomEmojis();
await tom.getFilters();
await tom.getAccountFollowing(me.id);
saw.lists = (await tom.getLists()).data.map((it) => it.id);

// One socket for each stream, as it has it.
const events = [];
const waiting = [];
const open = [];
async function opened(stream) {
  const it = await stream;
  open.push(new Promise((done) => it.on("connect", done))); // at once: it connects while the next is asked for
  return it;
}
const streams = {
  user: await opened(tom.userStreaming()), local: await opened(tom.localStreaming()),
  tag: await opened(tom.tagStreaming("kite")), week: await opened(tom.listStreaming("1")),
  letters: await opened(tom.directStreaming()),
};
for (const [name, stream] of Object.entries(streams)) {
  for (const kind of ["update", "status_update", "notification", "delete", "conversation", "parser-error"]) {
    stream.on(kind, (it) => {
      events.push({ name, kind, it });
      for (const look of [...waiting]) look();
    });
  }
}
await Promise.all(open);
function heard(name, kind, fits = () => true) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`No ${kind} on ${name}: ${JSON.stringify(events)}`)), 30_000);
    const look = () => {
      const found = events.find((it) => it.name === name && it.kind === kind && fits(it.it));
      if (!found) return;
      clearTimeout(late);
      waiting.splice(waiting.indexOf(look), 1);
      resolve(found.it);
    };
    waiting.push(look);
    look();
  });
}
const knock = setInterval(() => tom.postStatus("Is this on? #kite"), 500);
await Promise.all(["user", "local", "tag"].map((name) => heard(name, "update")));
clearInterval(knock);

const post = (await tom.postStatus("Look at the #kite", { visibility: "public" })).data;
for (const name of ["user", "local", "tag"]) await heard(name, "update", (it) => it.id === post.id);
await other.postStatus(`@${me.acct} A fine one`, { in_reply_to_id: post.id });
saw.notice = (await heard("user", "notification", (it) => it.status?.in_reply_to_id === post.id)).type;
await other.postStatus(`@${me.acct} between us`, { visibility: "direct" });
await heard("letters", "conversation");
await tom.editStatus(post.id, { status: "Look at the red #kite" });
await heard("local", "status_update", (it) => it.id === post.id);
await other.favouriteStatus(post.id);
await heard("user", "notification", (it) => it.type === "favourite");
assert.ok((await tom.getNotifications({ limit: 5 })).data.some((it) => it.type === "favourite"));
const poll = (await tom.postStatus("Tea?", { poll: { options: ["Yes", "No"], expires_in: 600 } })).data.poll;
assert.deepEqual((await other.votePoll(poll.id, [0])).data.own_votes, [0]);
assert.equal((await tom.getStatusContext(post.id)).data.descendants.length, 1);
assert.deepEqual((await tom.search("kite", { type: "hashtags" })).data.hashtags.map((it) => it.name), ["kite"]);
assert.equal((await tom.searchAccount("rhys", { limit: 5 })).data[0].acct, "rhys");
await tom.reblogStatus(post.id);
await tom.bookmarkStatus(post.id);
assert.equal((await tom.getBookmarks()).data[0].id, post.id);
const home = await tom.getHomeTimeline({ limit: 1 });
assert.equal((await tom.getHomeTimeline({ limit: 1, max_id: home.data[0].id })).data.length, 1);

// What the hub has that Mastodon has not stands in its lists, and is heard there.
await asked({ publish: "Harbour picnic" });
saw.week = (await heard("week", "update")).content.includes("Harbour picnic");
saw.listed = (await tom.getListTimeline("1")).data.map((it) => it.content.includes("Harbour picnic"));

await tom.deleteStatus(post.id);
for (const name of ["user", "local", "tag"]) await heard(name, "delete", (id) => id === post.id);
for (const stream of Object.values(streams)) stream.stop();
saw.errors = events.filter((it) => it.kind === "parser-error").length;
console.log(JSON.stringify(saw));
process.exit(0);
