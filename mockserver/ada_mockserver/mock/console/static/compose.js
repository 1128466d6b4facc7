// The editor: Tab indents, Escape lets the next Tab leave, Ctrl+Enter sends.
"use strict";

const editor = document.getElementById("compose-text");
let leaving = false;

// As typed text, so that it can be undone; where the browser cannot, as a change of the value.
function insert(text) {
  if (!document.execCommand("insertText", false, text)) {
    editor.setRangeText(text, editor.selectionStart, editor.selectionEnd, "end");
    editor.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function newLine() {
  const before = editor.value.slice(0, editor.selectionStart);
  const indent = before.slice(before.lastIndexOf("\n") + 1).match(/^ */)[0];
  insert(`\n${indent}${/[[{]\s*$/.test(before) ? "  " : ""}`);
}

editor.addEventListener("keydown", event => {
  const left = leaving;
  leaving = event.key === "Escape";
  if (event.key === "Tab" && !left && !event.shiftKey) {
    event.preventDefault();
    insert("  ");
  } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    editor.form.requestSubmit(document.getElementById("compose-send"));
  } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    newLine();
  }
});
