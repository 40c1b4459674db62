// Comforts. Every page works without this file: menus are <details>, dialogs lead to pages, forms are forms.
(() => {
  // On a phone a row of tabs is longer than the screen: the one that is open is seen.
  for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
    const row = tab.parentElement;
    row.scrollLeft = Math.max(0, tab.getBoundingClientRect().right - row.getBoundingClientRect().right + 16);
  }

  const closeMenus = (except) => {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (!except || !menu.contains(except)) menu.open = false;
    }
  };

  const copy = async (button) => {
    const label = button.querySelector("[data-copy-label]");
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      const area = Object.assign(document.createElement("textarea"), { value: button.dataset.copy });
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      button.focus();
    }
    const before = label.textContent;
    label.textContent = button.dataset.copied;
    label.setAttribute("role", "status");
    setTimeout(() => { label.textContent = before; label.removeAttribute("role"); }, 1800);
  };

  document.addEventListener("click", (event) => {
    const target = event.target;
    if (!(target instanceof Element)) return;
    closeMenus(target);
    const opener = target.closest("[data-dialog]");
    const dialog = opener && document.getElementById(opener.dataset.dialog);
    if (dialog && !event.metaKey && !event.ctrlKey) { event.preventDefault(); dialog.showModal(); return; }
    const closer = target.closest("[data-close]");
    if (closer) { closer.closest("dialog")?.close(); return; }
    if (target instanceof HTMLDialogElement) {
      const box = target.getBoundingClientRect();
      const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
      if (!inside) target.close();
      return;
    }
    const dismiss = target.closest("[data-dismiss]");
    if (dismiss) { dismiss.closest(".toast, .banner")?.remove(); return; }
    const copier = target.closest("[data-copy]");
    if (copier) copy(copier);
  });

  // What looks again by itself waits while somebody decides in a dialog: it would replace the form below it.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target instanceof Element && event.target.matches("[data-calm]") && document.querySelector("dialog[open]")) event.preventDefault();
  });

  document.addEventListener("keydown", (event) => {
    const menu = event.target instanceof Element ? event.target.closest("details[data-menu][open]") : null;
    if (event.key === "Escape") {
      const open = menu || document.querySelector("details[data-menu][open]");
      if (open) { open.open = false; open.querySelector("summary").focus(); }
    } else if (menu && (event.key === "ArrowDown" || event.key === "ArrowUp") && !event.target.matches("input, select, textarea")) {
      const items = [...menu.querySelectorAll(".menu-item")];
      const step = event.key === "ArrowDown" ? 1 : -1;
      const at = items.indexOf(document.activeElement);
      items[at < 0 ? (step > 0 ? 0 : items.length - 1) : (at + step + items.length) % items.length]?.focus();
      event.preventDefault();
    }
  });

  // A question before what cannot be taken back. The form's own words become the dialog's.
  const ask = (form) => {
    const template = document.getElementById("confirm");
    if (!template) { if (confirm(form.dataset.confirm)) { form.dataset.confirmed = "1"; form.requestSubmit(); } return; }
    template.querySelector("[data-confirm-text]").textContent = form.dataset.confirm;
    const yes = template.querySelector("[data-confirm-yes]");
    yes.textContent = form.dataset.confirmLabel || yes.dataset.label;
    yes.classList.toggle("button-danger", form.querySelector(".button-danger, .menu-danger") !== null);
    yes.onclick = () => { template.close(); form.dataset.confirmed = "1"; form.requestSubmit(); };
    template.showModal();
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.confirm && !form.dataset.confirmed) { event.preventDefault(); ask(form); return; }
    delete form.dataset.confirmed;
    for (const field of form.matches("[data-filters]") ? form.elements : []) {
      if (field.name && !field.value) field.disabled = true;
    }
  }, true);
  addEventListener("pageshow", () => {
    for (const field of document.querySelectorAll("[data-filters] :disabled")) field.disabled = false;
  });

  // A chosen filter applies at once; the button stays for those who type or have no script.
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-filters] select")) event.target.form.requestSubmit();
  });

  const ready = (root) => {
    for (const button of root.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
    root.querySelector("[data-focus]")?.focus();
    for (const toast of root.querySelectorAll("[data-toast]")) {
      let timer = setTimeout(() => toast.remove(), 7000);
      for (const stop of ["pointerenter", "focusin"]) toast.addEventListener(stop, () => clearTimeout(timer));
      for (const go of ["pointerleave", "focusout"]) {
        toast.addEventListener(go, () => { clearTimeout(timer); timer = setTimeout(() => toast.remove(), 3000); });
      }
    }
  };
  document.addEventListener("DOMContentLoaded", () => ready(document));
  document.addEventListener("htmx:load", (event) => ready(event.detail.elt));
})();
