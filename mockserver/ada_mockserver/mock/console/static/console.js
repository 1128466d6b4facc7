// What every page does: it follows the live feed, keeps its times, copies, and says what went wrong.
"use strict";

const mock = { at: 0, rate: 1, since: 0 }; // the mock's time when this page last learnt it, and the page's then

function learnTime(now, rate) {
  Object.assign(mock, { at: Number(now), rate: Number(rate), since: performance.now() });
}

function mockNow() {
  return mock.at + ((performance.now() - mock.since) / 1000) * mock.rate;
}

// Times -------------------------------------------------------------------------------------------------------

let absolute = false;
try { absolute = localStorage.getItem("times") === "absolute"; } catch { /* storage is off */ }

function span(seconds) {
  const units = [["d", 86400], ["h", 3600], ["min", 60]];
  for (const [name, length] of units) {
    if (seconds >= length) return `${Math.floor(seconds / length)} ${name}`;
  }
  return `${Math.floor(seconds)} s`;
}

function relative(seconds) {
  const ago = mockNow() - seconds;
  if (Math.abs(ago) < 1) return "now";
  return ago > 0 ? `${span(ago)} ago` : `in ${span(-ago)}`;
}

function showTimes(root = document) {
  for (const time of root.querySelectorAll("time[data-at]")) {
    const text = absolute ? time.getAttribute("datetime").slice(11, 23) : relative(Number(time.dataset.at));
    if (time.textContent !== text) time.textContent = text;
  }
}

function toggleTimes() {
  absolute = !absolute;
  try { localStorage.setItem("times", absolute ? "absolute" : "relative"); } catch { /* storage is off */ }
  document.getElementById("times")?.setAttribute("aria-pressed", String(absolute));
  showTimes();
}

// The live feed: open while the page is seen, since a browser opens few connections to one host. ---------------

let feed = null;
let connection = ["", "Connecting"]; // the state of the feed, which a page that is swapped in does not know

function follow() {
  if (feed || document.hidden || !document.getElementById("live")) return;
  feed = new EventSource("/live");
  feed.onopen = () => showLive("on", "Live");
  feed.onerror = () => showLive("off", "Reconnecting");
  feed.onmessage = message => {
    const detail = JSON.parse(message.data);
    learnTime(detail.now, detail.rate);
    document.body.dispatchEvent(new CustomEvent("live", { detail }));
  };
}

function unfollow() {
  feed?.close();
  feed = null;
}

function showLive(...state) {
  connection = state;
  showState();
}

function showState() {
  document.getElementById("times")?.setAttribute("aria-pressed", String(absolute));
  const [state, text] = connection;
  const place = document.getElementById("live");
  if (!place) return;
  place.dataset.state = state;
  if (place.lastElementChild.textContent !== text) place.lastElementChild.textContent = text;
}

// A part of a page that looks again by itself stays as it is while somebody reads or fills it in.
function isRead(element) {
  const selection = getSelection();
  if (!selection.isCollapsed && selection.anchorNode && element.contains(selection.anchorNode)) return true;
  const focus = document.activeElement;
  return Boolean(focus && element.contains(focus) && focus.matches("input, select, textarea, [contenteditable]"));
}

// What went wrong ---------------------------------------------------------------------------------------------

function toast(text, kind = "bad") {
  const box = document.createElement("div");
  box.className = `toast ${kind}`;
  box.textContent = text;
  document.getElementById("toasts").append(box);
  setTimeout(() => box.remove(), 8000);
}

function said(response) {
  try {
    const [error] = JSON.parse(response).errors;
    const details = error.details || [];
    const first = Array.isArray(details) ? details[0] : null;
    return first ? `${error.message} ${first.parameter}: ${first.message}` : error.message;
  } catch {
    return "The mock did not answer as expected; its log may have the reason.";
  }
}

document.addEventListener("htmx:beforeRequest", event => {
  const { elt, requestConfig } = event.detail;
  if (requestConfig.triggeringEvent?.type === "live" && isRead(elt)) event.preventDefault();
});
document.addEventListener("htmx:beforeSwap", event => {
  const { xhr } = event.detail;
  if (!(xhr.getResponseHeader("content-type") || "").includes("json")) return;
  event.detail.shouldSwap = false;
  toast(said(xhr.responseText));
});
document.addEventListener("htmx:sendError", () => toast("The mock does not answer. Is it still running?"));
document.addEventListener("htmx:afterSettle", () => {
  showState();
  showTimes();
});

// Copying, dialogs, keys --------------------------------------------------------------------------------------

async function copy(button) {
  const source = document.querySelector(button.dataset.copy);
  const text = source.value ?? source.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch { // not on a secure origin
    const area = Object.assign(document.createElement("textarea"), { value: text, className: "unseen" });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  const label = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = label; }, 1500);
}

document.addEventListener("click", event => {
  const button = event.target.closest("button");
  if (button?.dataset.copy) copy(button);
  if (button?.dataset.dialog) document.getElementById(button.dataset.dialog)?.showModal();
  if (button?.id === "times") toggleTimes();
});

function isTyping(event) {
  return event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea");
}

document.addEventListener("keydown", event => {
  if (!isTyping(event) && event.key.toLowerCase() === "t") toggleTimes();
});

learnTime(document.body.dataset.now, document.body.dataset.rate);
showState();
showTimes();
document.querySelector(".side nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
setInterval(() => { if (!document.hidden && !absolute) showTimes(); }, 1000);
document.addEventListener("visibilitychange", () => (document.hidden ? unfollow() : follow()));
addEventListener("pagehide", unfollow);
follow();

// What somebody opened or closed stays so when the part around it looks again.
Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, element) => !(name === "open" && element.matches("details, dialog"));
