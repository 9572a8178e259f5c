// Backup in a real browser, against a running instance: an owner adds a backup and sets its points; a holder, without JavaScript, adds one,
// too, declares free space, is offered the owner's, sees it on the page, in RSS and in JSON, and holds it; both open what explains it.
//
//   DJEMBE_TEST_WEB_URL   http://127.0.0.1:8080
//   DJEMBE_VAR            the instance's folder: its operator makes invitations and lets the books' minutes pass
//
// Waits for what the page shows, never for time.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { inspect, launch, root } from "./browser.mjs";
import { announceOf, makeTorrent } from "./torrent.mjs";

const site = process.env.DJEMBE_TEST_WEB_URL?.replace(/\/$/, "");
const run = randomBytes(3).toString("hex");
const password = "seven rivers meet at dawn";
const owner = { name: `owner-${run}` };
const holder = { name: `holder-${run}` };
const desktop = { viewport: { width: 1280, height: 800 }, acceptDownloads: true };
const complaints = [];

let browser;

before(async () => {
  assert.ok(site && process.env.DJEMBE_VAR, "name a running instance in DJEMBE_TEST_WEB_URL and DJEMBE_VAR");
  browser = await launch();
});
after(() => browser?.close());

const operator = (...words) => execFileSync(path.join(root, "djembe"), words, { encoding: "utf8" });

async function signUp(who, options = {}) {
  const context = await browser.newContext({ ...desktop, ...options });
  const page = (who.page = await context.newPage());
  page.setDefaultTimeout(60000);
  page.on("console", (message) => {
    const refused = message.text().startsWith("Failed to load resource"); // forms that are refused are meant to be
    if (message.type() === "error" && !refused) complaints.push(`${page.url()}: ${message.text()}`);
  });
  page.on("response", (response) => response.status() >= 500 && complaints.push(`${response.url()}: ${response.status()}`));
  page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error}`));
  await page.goto(JSON.parse(operator("admin", "invite")).link);
  await page.getByLabel("Member name").fill(who.name);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByLabel("The password again").fill(password);
  await page.getByRole("button", { name: "Make the account" }).click();
  await page.waitForURL(`${site}/`);
}

// Where somebody is now, looked at in a browser with JavaScript, which axe-core needs.
async function look(page, name) {
  const context = await browser.newContext({ ...desktop, storageState: await page.context().storageState() });
  const seen = await context.newPage();
  await seen.goto(page.url());
  await inspect(seen, name);
  await context.close();
}

async function backUp(who, name, copies) {
  const { page } = who;
  const torrent = makeTorrent(randomBytes(8).toString("hex"), ["aa", "ab"], 262144);
  await page.goto(`${site}/upload/backup`);
  await page.getByLabel("The .torrent file").setInputFiles(
    { name: "pack.torrent", mimeType: "application/x-bittorrent", buffer: torrent.metainfo });
  await page.locator("#field-name input").fill(name);
  await page.locator("#field-redundancy input").fill(String(copies));
  await page.getByRole("button", { name: "Add it" }).click();
  await page.getByRole("heading", { level: 1 }).filter({ hasText: name }).waitFor();
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: /^DL/ }).first().click()]);
  who.announce = announceOf(readFileSync(await file.path()));
  return torrent;
}

// What a client of the member tells the tracker that has all of a torrent.
async function seeds(who, torrent) {
  const hash = torrent.hash.replace(/../g, "%$&");
  const url = `${who.announce}?info_hash=${hash}&peer_id=-BT0001-${who.name.slice(0, 12).padEnd(12, "0")}&port=7000&uploaded=0&downloaded=0&left=0&compact=1&event=started`;
  await until("the tracker takes it", async () => !(await (await fetch(url)).text()).includes("failure"));
}

async function until(what, isSo) {
  for (const end = Date.now() + 60000; Date.now() < end;) if (await isSo()) return;
  assert.fail(`in vain: ${what}`);
}

const minute = () => operator("psql", "-c", "UPDATE ratio.book SET ahead = ahead + 61000");

test("an owner adds a backup, sees what it owes, and sets its points", async () => {
  await signUp(owner);
  owner.torrent = await backUp(owner, `photos ${run}`, 2);
  const { page } = owner;
  await page.getByRole("navigation", { name: "Site" }).getByRole("link", { name: "Backup", exact: true }).click();
  await page.getByRole("link", { name: `photos ${run}` }).waitFor();
  assert.equal(await page.locator("#obligation").textContent(), await page.locator("#debt").textContent());
  await page.getByRole("img", { name: "0 of 2 copies" }).waitFor();
  await look(page, "backup-dashboard");
  await page.getByRole("link", { name: `photos ${run}` }).click();
  await page.getByLabel("Points on this backup").fill("1000");
  await page.getByRole("button", { name: "Set" }).first().click();
  await page.getByText("of the 100 that you have").waitFor();
  assert.equal(await page.getByLabel("Points on this backup").inputValue(), "1000", "what was typed is still there");
  await page.getByLabel("Points on this backup").fill("40");
  await page.getByRole("button", { name: "Set" }).first().click();
  await page.getByRole("heading", { name: "Points: 40" }).waitFor();
  await seeds(owner, owner.torrent);
});

test("a holder declares space, and is offered what it owes", async () => {
  await signUp(holder, { javaScriptEnabled: false });
  await backUp(holder, `letters ${run}`, 20);
  const { page } = holder;
  await page.goto(`${site}/backup`);
  await page.getByLabel("Free now").fill("2");
  await page.getByLabel("Unit").selectOption("TiB");
  await page.getByRole("button", { name: "Say so" }).click();
  await page.getByRole("status").filter({ hasText: "2.0 TiB free" }).waitFor();
  await until("an offer", async () => {
    minute();
    await page.goto(`${site}/backup/offers`);
    return page.getByRole("rowheader", { name: `photos ${run}` }).count();
  });
  await look(page, "backup-offers");
});

test("the offer is in the feed and its JSON twin, which need no cookie", async () => {
  const { page } = holder;
  const rss = await page.getByLabel("RSS address").inputValue();
  const json = await page.getByLabel("The same as JSON").inputValue();
  const text = await (await fetch(rss)).text();
  assert.match(text, new RegExp(`<title>${owner.name} – photos ${run} – Version 1 \\[`));
  const told = await (await fetch(json)).json();
  const offer = told.offers.find((one) => one.title.includes(`photos ${run}`));
  assert.ok(text.includes(`<enclosure url="${offer.torrent}" length="${owner.torrent.size}"`), text);
  const file = await fetch(offer.torrent);
  assert.equal(announceOf(Buffer.from(await file.arrayBuffer())), holder.announce);
  assert.ok(told.summary.debt > 0);
});

test("a copy that is held counts, is shown to both, and is explained", async () => {
  await seeds(holder, owner.torrent);
  const { page } = holder;
  await until("the copy counts", async () => {
    await page.goto(`${site}/backup/holdings`);
    return page.getByRole("row").filter({ hasText: `photos ${run}` }).filter({ hasText: "counts" }).count();
  });
  await page.getByRole("row").filter({ hasText: `photos ${run}` }).getByRole("link", { name: /^why/ }).click();
  await page.getByText("It counts: you earn its whole size.").waitFor();
  await page.getByRole("row").filter({ hasText: "offered" }).first().waitFor();
  await look(page, "backup-explain");
  await owner.page.goto(`${site}/backup`);
  await owner.page.getByRole("link", { name: `photos ${run}` }).click();
  const row = owner.page.getByRole("row").filter({ hasText: holder.name }).filter({ hasText: "counts" });
  await row.filter({ hasText: "co-located" }).waitFor(); // both announced from this machine
  await owner.page.getByRole("img", { name: "1 of 2 copies" }).waitFor();
  await owner.page.getByRole("link", { name: /^Why/ }).first().click();
  await owner.page.getByRole("row").filter({ hasText: holder.name }).first().waitFor();
});

test("the queue shows the place, and a copy can be dropped", async () => {
  const { page } = holder;
  await page.goto(`${site}/backup/queue`);
  await page.getByRole("row").filter({ hasText: `photos ${run}` }).filter({ hasText: "40 points" }).waitFor();
  await page.goto(`${site}/backup/holdings`);
  await page.getByRole("row").filter({ hasText: `photos ${run}` }).getByRole("link", { name: /^Drop/ }).click();
  await page.getByRole("button", { name: "Drop it" }).click();
  await page.getByRole("status").filter({ hasText: "Dropped" }).waitFor();
});

test("an owner edits a backup, adds a version, deletes one and then all of it, each with a reason", async () => {
  const { page } = owner;
  await backUp(owner, `drafts ${run}`, 1);
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await page.locator("#field-name input").fill(`novels ${run}`);
  await page.getByLabel("Why").fill("They are finished.");
  await look(page, "backup-edit");
  await page.getByRole("button", { name: "Save it" }).click();
  await page.getByRole("heading", { level: 1, name: `novels ${run}` }).waitFor();
  const href = page.url().split("#")[0];
  await backUp(owner, `novels ${run}`, 1);
  assert.equal(page.url().split("#")[0], href, "the same backup has two versions");
  const version = page.locator("tr.format", { hasText: "Version 1" });
  await version.locator("+ tr.more summary").click();
  await page.getByRole("link", { name: /^Delete this version.*Version 1/ }).click();
  await page.getByLabel("Why").fill("   "); // the browser lets that pass
  await page.getByRole("button", { name: "Delete it" }).click();
  await page.getByText("Say why it goes").first().waitFor();
  await page.getByLabel("Why").fill("The second has it all.");
  await page.getByRole("button", { name: "Delete it" }).click();
  await page.getByRole("status").filter({ hasText: "Deleted." }).waitFor();
  assert.equal(await version.count(), 0);
  await page.getByRole("link", { name: "Delete the whole backup" }).click();
  await page.getByLabel("Why").fill("Printed.");
  await look(page, "backup-delete");
  await page.getByRole("button", { name: "Delete it" }).click();
  await page.waitForURL(`${site}/backup`);
  assert.equal((await page.goto(href)).status(), 404);
});

test("no page complained", () => {
  assert.deepEqual(complaints, []);
});
