// The translations page's comforts: states that follow the typing, the next missing text by keyboard, a word before
// unsaved edits are lost. Without this file the form saves just the same.
(() => {
  const form = document.querySelector("[data-texts]");
  if (!form) return;
  const note = form.querySelector("[data-note]");
  const boxes = [...form.querySelectorAll("[data-text]")];
  const next = document.querySelector("[data-next-missing]");
  let dirty = "dirty" in form.dataset;

  const row = (box) => box.closest("[data-row]");
  const touched = () => {
    dirty = true;
    note.textContent = note.dataset.dirtyText;
    note.classList.add("is-dirty");
  };
  const follow = (box) => {
    row(box).dataset.row = box.value.trim() ? "own" : box.placeholder ? "ready" : "missing";
    const room = row(box).querySelector("[data-room]");
    const used = [...box.value].length;
    if (used >= Number(room.dataset.room) * 0.8) room.hidden = false;
    room.textContent = room.dataset.words.replace("#", String(used));
  };
  const missing = () => boxes.filter((box) => row(box).dataset.row === "missing");
  const jump = (step) => {
    const waiting = missing();
    if (!waiting.length) { note.focus(); return; }
    const at = boxes.indexOf(document.activeElement);
    const after = step > 0
      ? waiting.find((box) => boxes.indexOf(box) > at)
      : waiting.findLast((box) => boxes.indexOf(box) < (at < 0 ? boxes.length : at));
    const box = after || (step > 0 ? waiting[0] : waiting.at(-1));
    box.focus();
    box.scrollIntoView({ block: "center" });
  };

  next.hidden = missing().length === 0;
  next.addEventListener("click", () => jump(1));
  if (dirty) touched();
  form.addEventListener("input", (event) => {
    if (!event.target.matches("[data-text]")) return;
    touched();
    follow(event.target);
  });
  for (const take of document.querySelectorAll("[data-take]")) {
    take.hidden = false;
    take.addEventListener("click", () => {
      const box = form.elements[take.dataset.take];
      if (!box) return;
      box.value = take.dataset.text;
      take.disabled = true;
      touched();
      follow(box);
      box.focus();
    });
  }
  form.addEventListener("submit", () => { dirty = false; });
  addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  addEventListener("keydown", (event) => {
    if ((event.metaKey || event.ctrlKey) && event.key === "s") {
      event.preventDefault();
      form.requestSubmit();
    } else if (event.altKey && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      jump(event.key === "ArrowDown" ? 1 : -1);
    }
  });
})();
