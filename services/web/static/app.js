// Conveniences only: every page works without this file.
"use strict";

// "Copy" beside an address: the button is made here, because without this file it could do nothing.
for (const field of document.querySelectorAll("[data-copy]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.className = "quiet";
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      document.execCommand("copy");
    }
    button.textContent = "Copied";
  });
  field.after(button);
}

// "More rows" in a form adds one here instead of sending the form back and forth.
for (const button of document.querySelectorAll("button[name=more]")) {
  button.addEventListener("click", (event) => {
    const rows = button.closest("fieldset").querySelectorAll(".entry");
    if (rows.length === 0) return;
    event.preventDefault();
    const fresh = rows[rows.length - 1].cloneNode(true), field = fresh.querySelector("input");
    field.value = "";
    field.closest(".offered")?.replaceWith(field);
    rows[rows.length - 1].after(fresh);
    if (field.dataset.suggest) offer(field);
    field.focus();
  });
}

// Names that go on as is typed: a list below the field, moved through by arrows. In a search box a name that has a page leads there, any
// other is searched for; in a form it is taken over, of several with commas between them in place of the last.
let offers = 0;
function offer(field) {
  const list = document.createElement("ul"), id = `offers-${++offers}`, around = document.createElement("div");
  let timer, asked = 0, names = [], at = -1;
  around.className = "offered";
  field.replaceWith(around);
  around.append(field, list);
  Object.assign(list, { id, className: "offers", hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Names that are here");
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", id], ["autocomplete", "off"]]) {
    field.setAttribute(name, value);
  }
  const known = [...(field.list?.options ?? [])].map((option) => ({ name: option.value })); // shown in the same list
  field.removeAttribute("list");
  const before = () => ("commas" in field.dataset ? field.value.match(/^(.*,\s*)?/)[0] : "");
  const close = () => { // and stay so, whatever was asked before
    clearTimeout(timer);
    asked++;
    list.hidden = true;
    at = -1;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  };
  const take = (name) => {
    close();
    if (field.type !== "search") field.value = before() + name.name;
    else if (name.href) location.href = name.href;
    else {
      field.value = `${name.field}:"${name.name}"`;
      field.form.submit();
    }
  };
  const mark = (to) => {
    list.children[at]?.setAttribute("aria-selected", "false");
    at = to;
    list.children[at]?.setAttribute("aria-selected", "true");
    list.children[at]?.scrollIntoView({ block: "nearest" });
    if (at >= 0) field.setAttribute("aria-activedescendant", list.children[at].id);
    else field.removeAttribute("aria-activedescendant");
  };
  const show = (told) => {
    names = told;
    at = -1;
    list.replaceChildren(...names.map((name, i) => {
      const entry = document.createElement("li"), kind = document.createElement("span");
      kind.className = "kind";
      kind.textContent = name.hint || (field.type === "search" ? name.label : "");
      entry.append(name.name, kind);
      entry.id = `${id}-${i}`;
      entry.setAttribute("role", "option");
      entry.setAttribute("aria-selected", "false");
      entry.addEventListener("mousedown", (event) => { event.preventDefault(); take(name); });
      return entry;
    }));
    list.hidden = names.length === 0;
    field.setAttribute("aria-expanded", String(!list.hidden));
  };
  const ask = async () => {
    const number = ++asked, typed = field.value.slice(before().length).trim();
    if (typed.length < 2 || /[:"*]|(^| )-/.test(typed)) return close();
    const told = await namesLike(field.dataset.suggest, typed);
    const more = known.filter(({ name }) => ` ${fold(name)}`.includes(` ${fold(typed)}`) && !told.some((one) => fold(one.name) === fold(name)));
    if (number === asked && document.activeElement === field) show([...told, ...more]);
  };
  field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 150); });
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown") mark(at + 1 < names.length ? at + 1 : -1);
    else if (event.key === "ArrowUp") mark(at < 0 ? names.length - 1 : at - 1);
    else if (event.key === "Escape") close();
    else if (event.key === "Enter" && at >= 0) take(names[at]);
    else return;
    event.preventDefault();
  });
}

const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

async function namesLike(where, typed) {
  try {
    const answer = await fetch(`${where}${where.includes("?") ? "&" : "?"}q=${encodeURIComponent(typed)}`);
    return answer.ok ? (await answer.json()).names : [];
  } catch {
    return []; // away: the form works without
  }
}
for (const field of document.querySelectorAll("[data-suggest]")) offer(field);

// What may be here already is told while its name is typed.
for (const field of document.querySelectorAll("[data-similar]")) {
  const told = document.createElement("div");
  let timer, asked = 0;
  told.className = "help";
  told.setAttribute("role", "status");
  field.after(told);
  const ask = async () => {
    const number = ++asked, typed = field.value.trim();
    const names = typed.length < 3 ? [] : await namesLike(field.dataset.similar, typed);
    if (number !== asked) return;
    told.replaceChildren(...(names.length > 0 ? ["Is it one of these? Then add to it: "] : []), ...names.slice(0, 5).flatMap((name, i) => {
      const link = document.createElement("a");
      Object.assign(link, { href: name.href, target: "_blank", textContent: name.name });
      return [...(i > 0 ? [" · "] : []), link, name.hint ? ` (${name.hint})` : ""];
    }));
  };
  field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 300); });
}

// What a choice makes needless is folded away.
for (const part of document.querySelectorAll("[data-unless]")) {
  const choice = document.getElementById(part.dataset.unless);
  const fold = () => { part.hidden = part.disabled = choice.value !== ""; };
  choice.addEventListener("change", fold);
  fold();
}

// What there is room for, as the form at that address tells it.
async function slotsAt(address) {
  try {
    const page = new DOMParser().parseFromString(await (await fetch(address)).text(), "text/html");
    return page.querySelector("[aria-labelledby=slots]");
  } catch {
    return null;
  }
}

// What the form as it is would meet is told while it is filled, and what there is room for there.
for (const told of document.querySelectorAll("[data-same]")) {
  const form = told.closest("form");
  let timer, asked = 0, there, slots;
  const ask = async () => {
    const number = ++asked, body = new FormData(form);
    for (const field of form.querySelectorAll("input[type=file]")) body.delete(field.name);
    let met = {};
    try {
      const answer = await fetch(told.dataset.same, { method: "POST", body });
      if (answer.ok) met = await answer.json();
    } catch {} // away: it is told after sending
    if (number !== asked) return;
    const link = document.createElement("a");
    Object.assign(link, { href: met.href, target: "_blank", textContent: met.name });
    told.replaceChildren(...(met.told ? [`${met.told} `, link] : []));
    told.hidden = !met.told;
    told.classList.toggle("bad", Boolean(met.same));
    if (there === met.upload_href) return;
    there = met.upload_href;
    slots?.remove();
    const found = there ? await slotsAt(there) : null;
    if (there !== met.upload_href) return;
    slots = found;
    if (slots) told.after(slots);
  };
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 400); });
}

// Ctrl or Cmd while folding one group folds or opens all of the page's.
for (const summary of document.querySelectorAll(".toggle > summary")) {
  summary.addEventListener("click", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const open = !summary.parentElement.open;
    for (const toggle of document.querySelectorAll(".toggle")) toggle.open = open;
  });
}

// An address that names one format opens what is folded away below it.
const target = /^#t\d+$/.test(location.hash) && document.querySelector(location.hash);
if (target) target.nextElementSibling?.querySelector("details")?.setAttribute("open", "");

for (const form of document.querySelectorAll("form[data-confirm]")) {
  form.addEventListener("submit", (event) => {
    if (!confirm(form.dataset.confirm)) event.preventDefault();
  });
}

// A file that the server would refuse is told before it is sent.
for (const field of document.querySelectorAll("input[type=file][data-max]")) {
  const check = () => {
    const large = [...field.files].some((file) => file.size > Number(field.dataset.max));
    field.setCustomValidity(large ? field.dataset.tooLarge : "");
  };
  field.addEventListener("change", () => { check(); field.reportValidity(); });
  check(); // browsers keep the choice when a page is gone back to
}

// A double click sends once. Later than that it may be meant: the first journey may have been stopped.
for (const form of document.querySelectorAll("form[method=post]")) {
  let sent = -Infinity;
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.submitter?.name === "more") return;
    if (event.timeStamp - sent < 2000) event.preventDefault();
    else sent = event.timeStamp;
  });
}
