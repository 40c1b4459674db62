// Elements, icons, and what is said to those who do not see the page change.
const icons = document.querySelector("[data-icons]").content;

/** An element: h("p", { class: "help", onclick: fn, data: { at: "x" } }, "words", child, …); false children are left out. */
export const h = (name, props = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "data") Object.assign(element.dataset, value);
    else if (["value", "checked", "selected", "disabled", "hidden", "indeterminate"].includes(key)) element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child || child === 0));
  return element;
};

export const icon = (name, small = false) => {
  const found = icons.querySelector(`[data-icon="${name}"] svg`).cloneNode(true);
  if (small) found.classList.add("icon-s");
  return found;
};

/** A button with a sign only; its name is spoken and shown on hover. */
export const iconButton = (label, sign, props = {}) =>
  h("button", { type: "button", class: "button button-quiet button-icon", "aria-label": label, title: label, ...props }, icon(sign));

export const button = (label, props = {}, sign) =>
  h("button", { type: "button", class: "button", ...props }, sign && icon(sign), label);

/** A native select: options are [value, label] pairs. */
export const select = (options, value, props = {}) =>
  h("select", { class: "input", ...props }, options.map(([key, label]) => h("option", { value: key, selected: key === value }, label)));

/** A switch: a native checkbox in a row with its words. */
export const tick = (label, checked, change, props = {}, help = "") =>
  h("label", { class: "tick" },
    h("input", { type: "checkbox", checked, onchange: (event) => change(event.target.checked), ...props }),
    h("span", { class: "tick-text" }, label, help && h("span", { class: "help" }, help)));

let held = false;
addEventListener("pointerdown", () => { held = true; }, true);
for (const over of ["pointerup", "pointercancel"]) addEventListener(over, () => { held = false; }, true);

/** Do it when no pointer is down: what moves the page between press and release would swallow the click. */
export const afterPress = (act) => {
  if (!held) { setTimeout(act, 0); return; }
  addEventListener("pointerup", () => setTimeout(act, 50), { once: true });
};

const region = document.querySelector("[data-live]");
export const announce = (words) => {
  region.textContent = "";
  requestAnimationFrame(() => { region.textContent = words; });
};

const typing = (element) => element instanceof HTMLTextAreaElement || (element instanceof HTMLInputElement && !["checkbox", "radio", "color"].includes(element.type));
export const isTyping = typing;

/** Draw into `root` again without losing where the person is: focus, caret, and the place on the screen. */
export const redraw = (root, draw) => {
  const active = document.activeElement;
  const at = root.contains(active) ? active.closest("[data-at]")?.dataset.at : null;
  const caret = at && typing(active) ? [active.selectionStart, active.selectionEnd] : null;
  const top = at ? active.getBoundingClientRect().top : 0;
  root.replaceChildren(...[draw()].flat(Infinity).filter(Boolean));
  const again = at && find(root, at);
  if (!again) return;
  again.focus({ preventScroll: true });
  if (caret && typing(again)) again.setSelectionRange(...caret);
  scrollBy(0, again.getBoundingClientRect().top - top);
};

export const find = (root, at) => root.querySelector(`[data-at="${CSS.escape(at)}"]`);

/** A dialog of the platform, filled anew each time it opens; resolves when it is closed. */
export const dialog = (title, body, foot) =>
  new Promise((resolve) => {
    const name = `d${Math.random().toString(36).slice(2)}`;
    const box = h("dialog", { class: "dialog", "aria-labelledby": name, onclose: () => { box.remove(); resolve(box.returnValue); } },
      h("div", { class: "dialog-head" }, h("h2", { id: name }, title)),
      h("div", { class: "dialog-body" }, body),
      h("div", { class: "dialog-foot" }, foot((value) => box.close(value))));
    document.body.append(box);
    box.showModal();
  });
