// A live list: new rows come in at its top, rows change in place, more follow at its end.
// It holds new rows back while somebody reads: scrolled down, with a row in focus, or paused by hand.
"use strict";

const MOST_ROWS = 600; // more are taken off the end while new ones come in at the top
const list = { held: [], paused: false, busy: false, again: null, loading: false };

const area = () => document.getElementById("list-area");
const rows = () => document.getElementById("rows");
const wide = matchMedia("(min-width: 1200px)");

function isReading() {
  const focus = document.activeElement;
  return list.paused || scrollY > 120 || isRead(rows()) || Boolean(focus && rows().contains(focus));
}

function address(parameters) {
  const url = new URL(area().dataset.list, location.origin);
  for (const [name, value] of new URLSearchParams(location.search)) if (value) url.searchParams.set(name, value);
  url.searchParams.set("rows", "");
  for (const [name, value] of Object.entries(parameters)) if (value !== "") url.searchParams.set(name, value);
  return url;
}

async function fetchRows(parameters) {
  const answer = await fetch(address(parameters), { cache: "no-store" });
  if (!answer.ok) throw new Error(`${answer.status}`);
  const box = document.createElement("ol");
  box.innerHTML = await answer.text();
  return [...box.children];
}

async function look(detail) {
  if (list.busy) { // one question at a time; what came meanwhile is asked for with the next
    const changed = list.again?.changed ?? [];
    const either = detail.changed === null || list.again?.changed === null;
    list.again = { ...detail, changed: either ? null : [...new Set([...changed, ...detail.changed])] };
    return;
  }
  const here = area();
  const after = Number(here.dataset.after);
  const ids = changedRows(detail.changed);
  const newest = here.dataset.counts === "attempts" ? detail.attempt : detail.newest;
  if (newest <= after && !ids.length) return;
  list.busy = true;
  try {
    const found = await fetchRows({ after, ids: ids.join(",") });
    if (here !== area()) return; // the filters changed meanwhile
    here.dataset.after = Math.max(after, newest, ...found.map(row => Number(row.dataset.ordinal)));
    takeIn(found, ids);
    const total = document.getElementById("total");
    if (total && detail.newest) total.textContent = Number(total.textContent) + Math.max(0, newest - after);
  } catch { /* the feed tells again, and says itself that the mock is gone */ } finally {
    list.busy = false;
    const again = list.again;
    list.again = null;
    if (again) look(again);
  }
}

// The ids of rows to ask for again: those whose deliveries changed, and those in sight that are not done.
function changedRows(changed) {
  const ids = new Set(), named = new Set(changed ?? []);
  for (const row of rows().children) {
    if (named.has(row.dataset.event)) ids.add(row.dataset.id ?? row.dataset.event);
    else if ((row.hasAttribute("data-open") || changed === null) && isSeen(row)) {
      ids.add(row.dataset.id ?? row.dataset.event);
    }
    if (ids.size >= Number(area().dataset.shown)) break;
  }
  return [...ids];
}

function isSeen(row) {
  const box = row.getBoundingClientRect();
  return box.bottom > 0 && box.top < innerHeight;
}

function takeIn(found, asked) {
  const reading = isReading(); // asked before anything is moved: the answer would cost a layout
  const selecting = !getSelection().isCollapsed;
  const there = new Set(found.map(row => row.id));
  const fresh = [];
  for (const row of found) {
    const old = document.getElementById(row.id);
    if (!old) fresh.push(row);
    else if (!selecting || !isRead(old)) replace(old, row);
  }
  for (const id of asked) { // it fits the filters no more
    const row = document.getElementById(`${rows().dataset.prefix ?? "e-"}${id}`);
    if (row && !there.has(row.id)) row.remove();
  }
  list.held = [...fresh, ...list.held];
  if (reading) showHeld();
  else letIn();
}

function replace(old, row) {
  const focused = old.contains(document.activeElement);
  const current = old.firstElementChild.getAttribute("aria-current");
  old.replaceWith(row);
  if (current) row.firstElementChild.setAttribute("aria-current", current);
  if (focused) row.querySelector("a").focus({ preventScroll: true });
  showTimes(row);
}

function showHeld() {
  const button = document.getElementById("new-rows");
  button.hidden = !list.held.length;
  button.textContent = `${list.held.length} new`;
}

function letIn() {
  const fresh = list.held.filter(row => !document.getElementById(row.id));
  list.held = [];
  const box = document.createDocumentFragment();
  box.append(...fresh);
  showTimes(box);
  rows().prepend(box);
  const surplus = [...rows().children].slice(MOST_ROWS);
  for (const row of surplus) row.remove();
  if (rows().children.length >= Number(area().dataset.shown)) document.getElementById("more").hidden = false;
  document.getElementById("empty").hidden = rows().children.length > 0;
  showHeld();
}

async function loadMore() {
  const more = document.getElementById("more");
  if (list.loading || more.hidden || !rows().lastElementChild) return;
  list.loading = true;
  try {
    const found = await fetchRows({ before: rows().lastElementChild.dataset.ordinal });
    rows().append(...found.filter(row => !document.getElementById(row.id)));
    more.hidden = found.length < Number(area().dataset.shown);
    showTimes(rows());
  } catch { /* the next scrolling tries again */ } finally {
    list.loading = false;
  }
  if (!more.hidden && more.getBoundingClientRect().top < innerHeight + 800) loadMore();
}

function watchEnd() {
  const observer = new IntersectionObserver(entries => {
    if (entries.some(entry => entry.isIntersecting)) loadMore();
  }, { rootMargin: "800px" });
  observer.observe(document.getElementById("more"));
}

function pause(on = !list.paused) {
  list.paused = on;
  const button = document.getElementById("pause");
  button.setAttribute("aria-pressed", String(on));
  button.textContent = on ? "Paused" : "Pause";
  if (!on && !isReading()) letIn();
}

function showNew() {
  document.activeElement?.blur?.();
  scrollTo({ top: 0 });
  letIn();
}

function step(by) {
  const links = [...rows().querySelectorAll("a.row")];
  const index = links.indexOf(document.activeElement);
  links[Math.min(links.length - 1, Math.max(0, index + by))]?.focus();
  links[index + by]?.scrollIntoView({ block: "nearest" });
}

// On a wide screen a row opens beside the list.
async function openBeside(link) {
  const detail = document.getElementById("detail");
  for (const other of rows().querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
  detail.hidden = false;
  await htmx.ajax("GET", link.getAttribute("href"), { target: "#detail", select: "#event", swap: "innerHTML" });
}

function closeBeside() {
  document.getElementById("detail").hidden = true;
  rows().querySelector("[aria-current]")?.removeAttribute("aria-current");
}

document.addEventListener("click", event => {
  const link = event.target.closest("#rows a.row");
  if (event.target.id === "new-rows") showNew();
  if (event.target.id === "pause") pause();
  if (!link || !wide.matches || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  openBeside(link);
});

document.addEventListener("keydown", event => {
  if (isTyping(event)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const keys = {
    j: () => step(1), ArrowDown: () => step(1), k: () => step(-1), ArrowUp: () => step(-1),
    "/": () => document.getElementById("search").focus(),
    p: () => pause(), n: () => showNew(), "?": () => document.getElementById("keys").showModal(),
    Escape: () => { document.activeElement.blur(); closeBeside(); if (!isReading()) letIn(); },
  };
  const act = keys[event.key] ?? keys[event.key.toLowerCase()];
  if (!act || document.querySelector("dialog[open]")) return;
  if (event.key.startsWith("Arrow") && !rows().contains(document.activeElement)) return;
  event.preventDefault();
  act();
});

addEventListener("scroll", () => { if (list.held.length && !isReading()) letIn(); }, { passive: true });
document.addEventListener("focusout", () => {
  setTimeout(() => { if (list.held.length && !isReading()) letIn(); }, 0);
});
document.addEventListener("htmx:afterSettle", event => {
  if (event.detail.elt.id === "list-area") { list.held = []; watchEnd(); }
});
document.body.addEventListener("live", event => look(event.detail));
watchEnd();
