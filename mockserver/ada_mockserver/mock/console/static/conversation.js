// A conversation: Enter sends, what was typed since stays, and the transcript follows its end unless one reads.
"use strict";

const scroller = document.getElementById("scroller");
const toEnd = document.getElementById("to-end");
const composer = document.getElementById("composer");
const near = 60; // pixels from the end that count as at the end

const atEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < near;
const goToEnd = () => { scroller.scrollTop = scroller.scrollHeight; };

// Following ---------------------------------------------------------------------------------------------------

let following = true;
let place = 0;
let before = null; // the height below what is seen, while earlier messages come in above it

scroller.addEventListener("scroll", () => { // it may tell of a move late, when more has come in below
  if (atEnd()) following = true;
  else if (scroller.scrollTop < place) following = false;
  place = scroller.scrollTop;
  toEnd.hidden = following;
});
toEnd.addEventListener("click", goToEnd);
document.addEventListener("htmx:beforeSwap", event => {
  before = event.detail.target.id === "earlier" ? scroller.scrollHeight - scroller.scrollTop : null;
});
document.addEventListener("htmx:afterSettle", () => {
  if (before !== null) scroller.scrollTop = scroller.scrollHeight - before;
  else if (following) goToEnd();
  else toEnd.hidden = atEnd();
  before = null;
});

// Writing -----------------------------------------------------------------------------------------------------

function send() {
  if (!composer.classList.contains("htmx-request")) composer.requestSubmit();
}

function complain(text) {
  const place = document.getElementById("fault");
  const said = document.createElement("p");
  said.className = "notice bad";
  said.textContent = text;
  place.replaceChildren(...(text ? [said] : []));
}

if (composer) {
  const { text, file } = composer.elements;
  let sent = "";
  text.addEventListener("keydown", event => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  });
  file.addEventListener("change", () => {
    const tooLarge = file.files.length && file.files[0].size > Number(file.dataset.most);
    if (tooLarge) file.value = "";
    complain(tooLarge ? `The file is larger than ${file.dataset.mostSaid}.` : "");
  });
  composer.addEventListener("htmx:beforeRequest", () => { sent = text.value; });
  composer.addEventListener("htmx:afterRequest", event => {
    if (!event.detail.successful || event.detail.elt !== composer) return;
    text.value = text.value.startsWith(sent) ? text.value.slice(sent.length) : text.value;
    file.value = "";
    following = true;
  });
}
goToEnd();
