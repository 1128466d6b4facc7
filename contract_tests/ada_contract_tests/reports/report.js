// Conveniences only: without them everything can be read, and nothing looks broken.
for (const command of document.querySelectorAll("pre.command")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(command.querySelector("code").textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(command.querySelector("code"));
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  command.append(button);
}

const filter = document.querySelector(".filter");
const findings = [...document.querySelectorAll("article.finding")];
if (filter && findings.length > 2) {
  const texts = findings.map((finding) => finding.textContent.toLowerCase());
  const input = filter.querySelector("input");
  filter.hidden = false;
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    findings.forEach((finding, at) => {
      finding.hidden = !words.every((word) => texts[at].includes(word));
      shown += finding.hidden ? 0 : 1;
    });
    filter.querySelector("output").textContent = words.length ? `${shown} of ${findings.length}` : "";
  });
  addEventListener("hashchange", () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target && target.hidden) {
      input.value = "";
      input.dispatchEvent(new Event("input"));
      target.scrollIntoView();
    }
  });
}

addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});
