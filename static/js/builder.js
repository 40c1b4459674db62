// The editor's comforts: languages as tabs, a preview that follows the typing, a word before unsaved edits are lost.
// Without this file all languages stand below each other and a button shows the preview.
(() => {
  const form = document.querySelector("[data-editor]");
  if (!form) return;
  const stage = document.querySelector("[data-stage]");
  const refresh = form.querySelector("[data-refresh]");
  const editing = form.elements.editing;
  const note = form.querySelector("[data-note]");
  const words = [...form.querySelectorAll("[data-words]")];
  const tabs = [...form.querySelectorAll("[data-tab]")];
  let dirty = "dirty" in form.dataset;
  let timer = 0;
  let count = 0;

  const radio = (name) => document.querySelector(`input[name="${name}"]:checked`)?.value;

  const fit = () => {
    for (const frame of stage.querySelectorAll("iframe")) {
      const wide = radio("width") === "desktop";
      const scale = wide ? Math.min(1, stage.clientWidth / 960) : 1;
      frame.style.width = wide ? `${stage.clientWidth / scale}px` : "";
      frame.style.height = wide ? `${stage.clientHeight / scale}px` : "";
      frame.style.transform = scale < 1 ? `scale(${scale})` : "";
    }
  };

  // A new frame takes the answer and replaces the old one when it is there: no flicker, and nothing in the history.
  const show = () => {
    clearTimeout(timer);
    const old = [...stage.querySelectorAll("iframe")];
    const frame = old[0].cloneNode();
    frame.removeAttribute("src");
    frame.name = `preview-${++count}`;
    frame.dataset.coming = "";
    const top = old[0].contentDocument?.scrollingElement?.scrollTop || 0;
    stage.append(frame);
    fit();
    frame.addEventListener("load", () => {
      if (frame.contentWindow.location.href === "about:blank") return;
      delete frame.dataset.coming;
      for (const gone of old) gone.remove();
      if (frame.contentDocument?.scrollingElement) frame.contentDocument.scrollingElement.scrollTop = top;
    });
    const before = [form.action, form.target];
    [form.action, form.target] = [refresh.formAction, frame.name];
    form.submit();
    [form.action, form.target] = before;
  };
  const soon = () => { clearTimeout(timer); timer = setTimeout(show, 350); };

  const touched = () => {
    dirty = true;
    note.textContent = note.dataset.dirtyText;
    note.classList.add("is-dirty");
  };

  const open = (tag) => {
    editing.value = tag;
    for (const part of words) part.hidden = part.dataset.words !== tag;
    for (const tab of tabs) tab.setAttribute("aria-pressed", String(tab.dataset.tab === tag));
  };

  const offer = () => {
    for (const box of form.querySelectorAll("[data-offer]")) {
      const main = box.value === form.elements.default_locale.value;
      if (main) box.checked = true;
      for (const tab of tabs) if (tab.dataset.tab === box.value) tab.hidden = !box.checked;
    }
    const open_tab = tabs.find((tab) => tab.dataset.tab === editing.value);
    if (open_tab.hidden) open(form.elements.default_locale.value);
  };

  const look = (view) => {
    const choice = document.querySelector(`[data-view][name="show"][value="${view}"]`);
    if (choice && !choice.checked) { choice.checked = true; show(); }
  };

  form.querySelector("[data-tabs]").hidden = false;
  open(editing.value);
  offer();
  if (dirty) { touched(); show(); }
  fit();
  new ResizeObserver(fit).observe(stage);

  form.addEventListener("click", (event) => {
    const tab = event.target.closest("[data-tab]");
    if (tab) { open(tab.dataset.tab); show(); }
  });
  document.addEventListener("click", (event) => {
    const take = event.target.closest("[data-take]");
    if (!take) return;
    const field = form.elements[take.dataset.take];
    field.value = take.dataset.text;
    take.disabled = true;
    touched();
    show();
  });
  for (const take of document.querySelectorAll("[data-take]")) take.hidden = false;
  // Errors above the form lead to fields of languages that may be closed.
  document.addEventListener("click", (event) => {
    const link = event.target.closest('.banner a[href^="#"]');
    const field = link && document.getElementById(link.hash.slice(1));
    const part = field?.closest("[data-words]");
    if (part) open(part.dataset.words);
    const fold = field?.closest("details");
    if (fold) fold.open = true;
    field?.focus();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-view]")) show();
    if (event.target.matches("[data-width]")) fit();
    if (event.target.matches("[data-offer], [name='default_locale']")) offer();
  });
  form.addEventListener("input", (event) => {
    if (event.target.matches("[data-view], [data-width]")) return;
    touched();
    soon();
  });
  form.addEventListener("focusin", (event) => {
    const part = event.target.closest("[data-look]");
    if (part) look(part.dataset.look);
    else if (event.target.name?.endsWith("-question") || event.target.name?.endsWith("_label")) look("answer");
  });
  form.addEventListener("submit", () => { dirty = false; });
  addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  addEventListener("keydown", (event) => {
    if ((event.metaKey || event.ctrlKey) && event.key === "s") {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[name='save']"));
    }
  });
})();
