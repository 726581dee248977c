// Gwen's app in a browser: masto.js, with one socket for all that she listens to.
// It is told HUB, TOKEN (hers) and OTHER (of a neighbour who mentions her), and prints what it saw as JSON.

import assert from "node:assert/strict";

import { createRestAPIClient, createStreamingAPIClient } from "masto";

const { HUB, TOKEN, OTHER } = process.env;
const gwen = createRestAPIClient({ url: HUB, accessToken: TOKEN });
const other = createRestAPIClient({ url: HUB, accessToken: OTHER });
const saw = {};

const instance = await gwen.v2.instance.fetch();
saw.title = instance.title;
assert.equal(instance.domain, new URL(HUB).host);
assert.equal(instance.configuration.urls.streaming, HUB.replace("https", "wss"));
const me = await gwen.v1.accounts.verifyCredentials();
saw.me = me.acct;
await gwen.v1.preferences.fetch();
await gwen.v1.followedTags.list({ limit: 200 });
await gwen.v1.customEmojis.list();
await gwen.v1.lists.list();
await gwen.v2.filters.list();
await gwen.v2.notifications.policy.fetch();

// One socket, two subscriptions, as Phanpy has it.
let sockets = 0;
class Counted extends WebSocket {
  constructor(...given) {
    super(...given);
    sockets += 1;
  }
}
const streaming = createStreamingAPIClient({
  streamingApiUrl: instance.configuration.urls.streaming,
  accessToken: TOKEN,
  implementation: Counted,
});
const events = [];
const waiting = [];
async function listen(name, subscription) {
  for await (const event of subscription) {
    events.push({ name, ...event });
    for (const look of [...waiting]) look();
  }
}
function heard(name, kind, fits = () => true) {
  const find = () => events.find((it) => it.name === name && it.event === kind && fits(it.payload));
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`No ${kind} on ${name}: ${JSON.stringify(events)}`)), 30_000);
    const look = () => {
      const found = find();
      if (!found) return;
      clearTimeout(late);
      waiting.splice(waiting.indexOf(look), 1);
      resolve(found);
    };
    waiting.push(look);
    look();
  });
}
const user = streaming.user.subscribe();
const local = streaming.public.local.subscribe();
const talks = [listen("user", user), listen("local", local)];

// Whether the subscriptions are heard is known when something comes: say something until it does.
const knock = setInterval(() => gwen.v1.statuses.create({ status: "Is this on?" }), 500);
await Promise.all([heard("user", "update"), heard("local", "update")]);
clearInterval(knock);

// A picture, sent with masto's own waiting for it to be ready.
const picture = Buffer.from(process.env.PICTURE, "base64");
const shown = await gwen.v2.media.create({ file: new Blob([picture], { type: "image/png" }), description: "A kite" });
assert.ok(shown.url);
const post = await gwen.v1.statuses.create(
  { status: "Look at the kite #kite", mediaIds: [shown.id], visibility: "public" },
  { requestInit: { headers: { "Idempotency-Key": "kite" } } },
);
saw.picture = post.mediaAttachments[0].description;
await heard("local", "update", (it) => it.id === post.id);
const mine = await heard("user", "update", (it) => it.id === post.id);
assert.equal(mine.payload.content, post.content);

const reply = await other.v1.statuses.create({ status: `@${me.acct} A fine one`, inReplyToId: post.id });
const notice = await heard("user", "notification", (it) => it.type === "mention");
assert.equal(notice.payload.status.id, reply.id);
await gwen.v1.statuses.$select(post.id).update({ status: "Look at the red kite #kite", mediaIds: [shown.id] });
await heard("local", "status.update", (it) => it.id === post.id && it.content.includes("red"));

// Timelines, as an app pages through them.
const home = gwen.v1.timelines.home.list({ limit: 1 });
const pages = [];
for await (const page of home) {
  pages.push(...page);
  if (pages.length >= 2) break;
}
assert.notEqual(pages[0].id, pages[1].id);
const tagged = await gwen.v1.timelines.tag.$select("kite").list();
saw.tagged = tagged.map((it) => it.id === post.id);
const { descendants } = await gwen.v1.statuses.$select(post.id).context.fetch();
assert.deepEqual(descendants.map((it) => it.id), [reply.id]);
const found = await gwen.v2.search.list({ q: "kite", type: "hashtags" });
assert.deepEqual(found.hashtags.map((it) => it.name), ["kite"]);
const grouped = await gwen.v2.notifications.list();
assert.ok(grouped.notificationGroups.some((it) => it.type === "mention"));
await gwen.v1.markers.create({ notifications: { lastReadId: notice.payload.id } });

const taken = await gwen.v1.statuses.$select(post.id).remove();
assert.equal(taken.text, "Look at the red kite #kite");
await heard("user", "delete", (id) => id === post.id);
await heard("local", "delete", (id) => id === post.id);

user.unsubscribe();
local.unsubscribe();
streaming.close();
await Promise.allSettled(talks);
saw.sockets = sockets;
saw.events = [...new Set(events.map((it) => `${it.name} ${it.event}`))].sort();
console.log(JSON.stringify(saw));
process.exit(0);
