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
    const fresh = rows[rows.length - 1].cloneNode(true);
    fresh.querySelector("input").value = "";
    rows[rows.length - 1].after(fresh);
    fresh.querySelector("input").focus();
  });
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
