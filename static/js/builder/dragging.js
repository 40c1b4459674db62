// Moving by pointer: mouse, pen and finger alike. Lists are marked data-sort, what moves in them data-drag.
import { h, icon } from "./dom.js";

const movers = new Map();
/** `mover(kind, id, to)` is told where something was let go; kind is what stands before the colon in data-sort. */
export const onMove = (kind, mover) => movers.set(kind, mover);

/** The handle by which something is held. Keys have buttons of their own, so it is out of their way. */
export const grip = (label) => h("span", { class: "grip", title: label, "aria-hidden": "true", data: { grip: "" } }, icon("grip"));

let held = null;

const lift = (event) => {
  const handle = event.target.closest?.("[data-grip]");
  if (!handle || event.button > 0 || held) return;
  const item = handle.closest("[data-drag]");
  const list = item.closest("[data-sort]");
  const items = [...list.children].filter((child) => child.matches("[data-drag]"));
  event.preventDefault();
  handle.setPointerCapture(event.pointerId);
  held = { handle, item, list, items, from: items.indexOf(item), to: items.indexOf(item), start: event.clientY + scrollY, y: event.clientY, boxes: items.map((one) => boxOf(one)) };
  item.classList.add("is-held");
  list.classList.add("is-sorting");
  requestAnimationFrame(creep);
};

const boxOf = (element) => {
  const box = element.getBoundingClientRect();
  return { top: box.top + scrollY, height: box.height };
};

/** The held one follows the pointer, and the others make room. */
const follow = () => {
  const by = held.y + scrollY - held.start;
  const { boxes, from } = held;
  const middle = boxes[from].top + by + boxes[from].height / 2;
  held.to = boxes.reduce((to, box, index) => {
    if (index < from && middle < box.top + box.height / 2) return Math.min(to, index);
    return index > from && middle > box.top + box.height / 2 ? Math.max(to, index) : to;
  }, from);
  const room = boxes[from].height + gap();
  held.items.forEach((one, index) => {
    const [low, high] = [Math.min(from, held.to), Math.max(from, held.to)];
    const away = index === from ? by : index >= low && index <= high ? (held.to > from ? -room : room) : 0;
    one.style.transform = away ? `translateY(${away}px)` : "";
  });
};

const gap = () => {
  const { boxes } = held;
  return boxes.length > 1 ? boxes[1].top - boxes[0].top - boxes[0].height : 0;
};

/** Near an edge of the window, the page moves along. */
const creep = () => {
  if (!held) return;
  const edge = 90;
  const by = held.y < edge + 60 ? held.y - edge - 60 : held.y > innerHeight - edge ? held.y - innerHeight + edge : 0;
  if (by) { scrollBy(0, by / 6); follow(); }
  requestAnimationFrame(creep);
};

const letGo = (dropped) => {
  const { item, items, list, from, to } = held;
  held = null;
  item.classList.remove("is-held");
  list.classList.remove("is-sorting");
  for (const one of items) one.style.transform = "";
  const [kind] = list.dataset.sort.split(":");
  if (dropped && to !== from) movers.get(kind)(item.dataset.drag, to, list.dataset.sort.split(":")[1]);
};

export const allowDragging = (root) => {
  root.addEventListener("pointerdown", lift);
  root.addEventListener("pointermove", (event) => {
    if (!held) return;
    held.y = event.clientY;
    follow();
  });
  root.addEventListener("pointerup", () => { if (held) letGo(true); });
  root.addEventListener("pointercancel", () => { if (held) letGo(false); });
  addEventListener("keydown", (event) => { if (held && event.key === "Escape") letGo(false); });
};
