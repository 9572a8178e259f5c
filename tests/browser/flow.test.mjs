// The main job in a real browser, against a running instance: an administrator signs up through an invitation link, adds a release with a
// real .torrent, invites a second member, who finds it and downloads the personal .torrent. Then the same without JavaScript.
//
//   DJEMBE_TEST_WEB_URL      http://127.0.0.1:8080
//   DJEMBE_TEST_INVITATION   the link that opens an administrator's account
//   DJEMBE_TEST_SCREENSHOTS  folder (default build/screenshots)
//
// Waits for what the page shows, never for time. Each page that is reached is looked at in four looks and checked by axe-core.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { inspect, launch } from "./browser.mjs";
import { announceOf, hashOf, makeTorrent } from "./torrent.mjs";

const site = process.env.DJEMBE_TEST_WEB_URL?.replace(/\/$/, "");
const invitation = process.env.DJEMBE_TEST_INVITATION;
const run = randomBytes(3).toString("hex");
const anna = { name: `anna-${run}`, password: "seven rivers meet at dawn" };
const moussa = { name: `moussa-${run}`, password: "the blue boat comes home" };
const plain = { name: `plain-${run}`, password: "no script was run today" };
const album = { artist: `Awa <Keïta> ${run}`, guest: `Baba ${run}`, title: `Nuit & "jour" ${run}`, year: "1999" };
const desktop = { viewport: { width: 1280, height: 800 }, acceptDownloads: true };

let browser;
const complaints = [];
const shared = {}; // what one test leaves for the next

before(async () => {
  assert.ok(site && invitation, "name a running instance in DJEMBE_TEST_WEB_URL and DJEMBE_TEST_INVITATION");
  browser = await launch();
});
after(() => browser?.close());

// A browser of somebody's own. What its pages complain of (errors of scripts, files not found, what the CSP refused) fails the last test.
async function visitor(options = {}) {
  const context = await browser.newContext({ ...desktop, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60000);
  page.on("console", (message) => {
    const refused = message.text().startsWith("Failed to load resource"); // told better by the response
    if (message.type() === "error" && !refused) complaints.push(`${page.url()}: ${message.text()}`);
  });
  page.on("response", (response) => {
    const isPage = response.request().resourceType() === "document"; // forms that are refused are meant to be
    if (response.status() >= (isPage ? 500 : 400)) complaints.push(`${response.url()}: ${response.status()}`);
  });
  page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error}`));
  return page;
}

async function look(page, name) {
  await inspect(page, name);
  await page.setViewportSize(desktop.viewport);
}

async function signUp(page, link, who) {
  await page.goto(link);
  await page.getByLabel("Member name").fill(who.name);
  await page.getByLabel("Password", { exact: true }).fill(who.password);
  await page.getByLabel("The password again").fill(who.password);
  await page.getByRole("button", { name: "Make the account" }).click();
  await page.waitForURL(`${site}/`);
  await page.getByRole("link", { name: who.name }).waitFor();
}

async function signIn(page, who) {
  await page.goto(`${site}/sign-in`);
  await page.getByLabel("Member name").fill(who.name);
  await page.getByLabel("Password").fill(who.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("link", { name: who.name }).waitFor();
}

async function invite(page) {
  await page.goto(`${site}/invites`);
  await page.getByRole("button", { name: "Make an invitation" }).click();
  const link = await page.getByLabel("Give this link to one person").inputValue();
  assert.ok(link.startsWith(`${site}/`), link);
  return link;
}

// Fills what the music form asks for, but for the artists.
async function describe(page, torrent, title) {
  await page.getByLabel("The .torrent file").setInputFiles(
    { name: `${title}.torrent`, mimeType: "application/x-bittorrent", buffer: torrent.metainfo });
  await page.getByLabel("Album title").fill(title);
  await page.getByLabel("Year", { exact: false }).first().fill(album.year);
  await page.getByLabel("Release type").selectOption("Album");
  await page.getByLabel("Tags").fill("mande, live");
  await page.getByLabel("Album description").fill("Recorded over three nights on a river boat.");
  await page.getByLabel("Media").selectOption("CD");
  await page.getByLabel("Format required").selectOption("FLAC");
  await page.getByLabel("Bitrate").selectOption("Lossless");
}

async function download(page, link) {
  const [file] = await Promise.all([page.waitForEvent("download"), link.click()]);
  return { name: file.suggestedFilename(), metainfo: readFileSync(await file.path()) };
}

test("a guest is shown the door", async () => {
  const page = await visitor();
  await page.goto(`${site}/music`);
  await page.getByRole("heading", { name: /^Sign in/ }).waitFor();
  await look(page, "sign-in");
  await page.getByLabel("Member name").fill("nobody");
  await page.getByLabel("Password").fill("wrong password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").waitFor();
  assert.equal(await page.getByLabel("Member name").inputValue(), "nobody");
  await page.context().close();
});

test("an administrator signs up through the invitation link", async () => {
  const page = (shared.anna = await visitor());
  await page.goto(invitation);
  await page.getByLabel("Member name").fill(anna.name);
  await page.getByLabel("Password", { exact: true }).fill(anna.password);
  await page.getByLabel("The password again").fill("something else");
  await page.getByRole("button", { name: "Make the account" }).click();
  await page.locator("#again[aria-invalid=true]").waitFor();
  assert.equal(await page.getByLabel("Member name").inputValue(), anna.name, "what was typed is still there");
  await look(page, "sign-up");
  await page.getByLabel("Password", { exact: true }).fill(anna.password);
  await page.getByLabel("The password again").fill(anna.password);
  await page.getByRole("button", { name: "Make the account" }).click();
  await page.waitForURL(`${site}/`);
  await page.getByRole("status").filter({ hasText: "Welcome" }).waitFor();
  await look(page, "home-first");
});

test("a form that is refused says where, and keeps the file", async () => {
  const page = shared.anna;
  shared.torrent = makeTorrent(`album ${run}`, ["01 - Départ.flac", "02 - Nuit.flac", "album.cue"]);
  await page.getByRole("link", { name: "Upload to Music" }).click();
  const announce = page.getByLabel("Your personal announce URL");
  shared.announce = await announce.inputValue();
  assert.match(shared.announce, /^https?:\/\/[^/]+\/[a-z2-7]{32}\/announce$/);
  await describe(page, shared.torrent, album.title);
  await page.getByLabel("Artists", { exact: true }).first().fill(album.artist);
  const rows = page.locator("#field-artists .entry");
  const had = await rows.count();
  await page.getByRole("button", { name: "More rows for Artists" }).click();
  assert.equal(await rows.count(), had + 1, "a row is added without a journey to the server");
  await rows.nth(1).locator("input").fill(album.guest);
  await rows.nth(1).locator("select").selectOption("guest");
  await page.locator("#field-year input").fill("1700");
  await page.locator("form.upload").evaluate((form) => (form.noValidate = true));
  await page.getByRole("button", { name: "Add it" }).click();
  await page.locator("#field-year [aria-invalid=true]").waitFor();
  await page.getByRole("alert").getByRole("link", { name: /year/i }).waitFor();
  await page.getByText("Kept from your last attempt").waitFor();
  assert.equal(await page.getByLabel("Album title").inputValue(), album.title);
  assert.equal(await page.locator("#field-artists input").nth(1).inputValue(), album.guest);
  assert.equal(await page.locator("#field-artists select").nth(1).inputValue(), "guest");
  await look(page, "upload-refused");
});

test("the administrator adds a release", async () => {
  const page = shared.anna;
  await page.locator("#field-year input").fill(album.year);
  await page.getByRole("button", { name: "Add it" }).click();
  const heading = page.getByRole("heading", { level: 1 });
  await heading.filter({ hasText: album.title }).waitFor();
  assert.equal((await heading.textContent()).trim(), `${album.artist} – ${album.title} [1999] [Album]`);
  shared.album = page.url();
  await page.getByRole("row", { name: /^DL.*FLAC \/ Lossless/ }).waitFor();
  await page.getByText(shared.torrent.hash).waitFor(); // the address names the format: what is below it is open
  await page.getByRole("rowheader", { name: "01 - Départ.flac" }).waitFor();
  await page.getByRole("link", { name: album.guest }).waitFor();
  await look(page, "album");
  await page.goto(`${site}/upload/music`);
  await look(page, "upload");
});

test("the administrator invites somebody", async () => {
  shared.invitation = await invite(shared.anna);
  await look(shared.anna, "invites");
  await shared.anna.reload();
  assert.equal(await shared.anna.getByLabel("Give this link to one person").count(), 0, "the link is shown once");
});

test("the second member signs up and finds the release by search", async () => {
  const page = (shared.moussa = await visitor());
  await signUp(page, shared.invitation, moussa);
  await look(page, "home");
  await page.getByRole("link", { name: "Music", exact: true }).click();
  await look(page, "browse");
  await page.getByLabel("Search names").fill(`nuit ${run}`);
  await page.locator("form.filter").getByRole("button", { name: "Search" }).click();
  await page.getByRole("heading", { name: /found/ }).waitFor();
  const entries = page.locator("tbody.group");
  assert.equal(await entries.count(), 1);
  await look(page, "search");
  const format = page.locator("tr.format").first();
  await page.locator(".toggle > summary").first().click();
  await format.waitFor({ state: "hidden" });
  await page.locator(".toggle > summary").first().click();
  await format.waitFor({ state: "visible" });
  await page.getByLabel("Search names").fill(`nothing-is-called-${run}-this`);
  await page.locator("form.filter").getByRole("button", { name: "Search" }).click();
  await page.getByRole("heading", { name: "Your search did not match anything" }).waitFor();
  await look(page, "search-empty");
  await page.getByLabel("Search names").fill(shared.torrent.hash);
  await page.locator("form.filter").getByRole("button", { name: "Search" }).click();
  await page.getByRole("link", { name: album.title }).or(page.getByRole("heading", { name: album.title })).first().waitFor();
});

test("the .torrent that is downloaded is the member's own", async () => {
  const page = shared.moussa;
  await page.goto(shared.album);
  const file = await download(page, page.getByRole("link", { name: /^DL/ }).first());
  assert.match(file.name, /\.torrent$/);
  assert.equal(hashOf(file.metainfo), shared.torrent.hash);
  const announce = announceOf(file.metainfo);
  assert.match(announce, /^https?:\/\/[^/]+\/[a-z2-7]{32}\/announce$/);
  assert.notEqual(announce, shared.announce);
  await page.goto(`${site}/account`);
  assert.equal(await page.getByLabel("Your personal announce URL").inputValue(), announce);
  await look(page, "account");
  const again = await (async () => {
    await shared.anna.goto(shared.album);
    return download(shared.anna, shared.anna.getByRole("link", { name: /^DL/ }).first());
  })();
  assert.equal(announceOf(again.metainfo), shared.announce);
});

test("artists, profiles and errors have their pages", async () => {
  const page = shared.moussa;
  await page.goto(shared.album);
  await page.getByRole("heading", { level: 1 }).getByRole("link", { name: album.artist }).click();
  await page.getByRole("heading", { name: "Albums" }).waitFor();
  await page.getByRole("link", { name: album.title }).first().waitFor();
  await look(page, "artist");
  await page.getByRole("link", { name: moussa.name }).click();
  await page.getByRole("heading", { level: 1, name: moussa.name }).waitFor();
  await page.locator("#uploaded").waitFor();
  await look(page, "profile-new");
  await shared.anna.goto(`${site}/member/${anna.name}`);
  await shared.anna.getByRole("link", { name: new RegExp(album.title.slice(0, 4)) }).first().waitFor();
  await look(shared.anna, "profile");
  const answer = await page.goto(`${site}/music/album/999999999`);
  assert.equal(answer.status(), 404);
  await look(page, "error");
});

test("everything works without JavaScript", async () => {
  const page = await visitor({ javaScriptEnabled: false });
  await signUp(page, await invite(shared.anna), plain);
  await page.getByRole("link", { name: "Upload to Music" }).click();
  const rows = page.locator("#field-artists .entry");
  const had = await rows.count();
  await rows.first().locator("input").fill(album.artist);
  await page.getByRole("button", { name: "More rows for Artists" }).click();
  await rows.nth(had).waitFor();
  assert.equal(await rows.first().locator("input").inputValue(), album.artist);
  const torrent = makeTorrent(`plain ${run}`, ["01 - Matin.flac"]);
  await describe(page, torrent, `Matin ${run}`);
  await page.getByRole("button", { name: "Add it" }).click();
  await page.getByRole("heading", { level: 1 }).filter({ hasText: `Matin ${run}` }).waitFor();
  await page.getByText(/^Added .* by/).click();
  await page.getByText(torrent.hash).waitFor();
  await page.goto(`${site}/music?q=${run}`);
  assert.equal(await page.locator("tbody.group").count(), 2);
  const toggle = page.locator(".toggle > summary").first();
  await toggle.click();
  await page.locator("tr.format").first().waitFor({ state: "hidden" });
  await toggle.click();
  const file = await download(page, page.getByRole("link", { name: /^DL/ }).first());
  assert.ok(announceOf(file.metainfo));
  await page.getByRole("button", { name: "Sign out" }).click();
  await signIn(page, plain);
  await page.context().close();
});

test("a member signs out and in again", async () => {
  const page = shared.moussa;
  await page.goto(`${site}/`);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.goto(shared.album);
  await page.getByRole("heading", { name: /^Sign in/ }).waitFor();
  await page.getByLabel("Member name").fill(moussa.name);
  await page.getByLabel("Password").fill(moussa.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(shared.album.replace(/#.*/, ""));
});

test("no page complained", () => {
  assert.deepEqual(complaints, []);
});
