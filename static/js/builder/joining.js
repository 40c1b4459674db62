// Brings what a colleague changed into documents of ours: the open one, and those that undo goes back to.
// What clashes is decided on the server (surveys/comparing.py); here a settled difference is only repeated.
const APART = ["texts", "questions", "look"];
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

const flat = (document) => {
  const found = new Map();
  const put = (place, value) => found.set(JSON.stringify(place), value);
  for (const [key, value] of Object.entries(document)) if (!APART.includes(key)) put([key], value);
  for (const [key, value] of Object.entries(document.look ?? {})) put(["look", key], value);
  put(["questions"], document.questions.map((one) => one.id));
  for (const { id, ...fields } of document.questions) {
    for (const [field, value] of Object.entries(fields)) put(["question", id, field], value);
  }
  for (const [locale, texts] of Object.entries(document.texts)) {
    for (const [key, text] of Object.entries(texts)) put(["texts", locale, key], text);
  }
  return found;
};

/** Every place in which two documents differ. */
export const difference = (before, after) => {
  const [was, now] = [flat(before), flat(after)];
  return [...new Set([...was.keys(), ...now.keys()])]
    .filter((place) => !same(was.get(place), now.get(place)))
    .map((place) => ({ place: JSON.parse(place), before: was.get(place), after: now.get(place) }));
};

/** A list with the same elements added, removed and moved as from `before` to `after`. */
const relisted = (list, before, after) => {
  if (same(list, before)) return [...after];
  const found = list.filter((one) => after.includes(one) || !before.includes(one));
  after.forEach((one, index) => {
    if (found.includes(one) || before.includes(one)) return;
    const last = after.slice(0, index).reverse().find((other) => found.includes(other));
    found.splice(last === undefined ? 0 : found.indexOf(last) + 1, 0, one);
  });
  return found;
};

const set = (object, key, value) => {
  if (value === undefined) delete object[key];
  else object[key] = structuredClone(value);
};

/** `document` with those differences in it, as a copy. */
export const repeat = (document, differences) => {
  const copy = structuredClone(document);
  const order = differences.find((one) => one.place[0] === "questions");
  if (order) {
    const known = new Map(copy.questions.map((one) => [one.id, one]));
    copy.questions = relisted([...known.keys()], order.before, order.after).map((id) => known.get(id) ?? { id });
  }
  for (const { place: [room, first, second], before, after } of differences) {
    if (room === "texts") set((copy.texts[first] ??= {}), second, after);
    else if (room === "look") set((copy.look ??= {}), first, after);
    else if (room === "question") {
      const one = copy.questions.find((other) => other.id === first);
      const list = one && Array.isArray(before) && Array.isArray(after) && Array.isArray(one[second]);
      if (one) set(one, second, list ? relisted(one[second], before, after) : after);
    } else if (room === "locales") copy.locales = relisted(copy.locales, before, after);
    else if (room !== "questions") set(copy, room, after);
  }
  if (copy.look && !Object.keys(copy.look).length) delete copy.look;
  return copy;
};

/** Put what stands at `place` of `theirs` into `document`: somebody chose their colleague's side of a clash. */
export const take = (document, place, theirs) => {
  const wanted = difference(document, theirs).filter((one) => {
    const [room, id] = place;
    if (room === "question" && place.length === 2) {
      if (one.place[0] === "questions") return true;
      return (one.place[0] === "question" && one.place[1] === id) || (one.place[0] === "texts" && one.place[2].startsWith(`${id}.`));
    }
    return same(one.place, place);
  });
  const whole = place[0] === "question" && place.length === 2;
  return repeat(document, wanted.map((one) => (whole && one.place[0] === "questions" ? onlyOne(one, place[1]) : one)));
};

/** Of a difference in order, only what happened to one question. */
const onlyOne = ({ place, before, after }, id) => {
  const without = before.filter((one) => one !== id);
  if (!after.includes(id)) return { place, before, after: without };
  const last = after.slice(0, after.indexOf(id)).reverse().find((one) => without.includes(one));
  without.splice(last === undefined ? 0 : without.indexOf(last) + 1, 0, id);
  return { place, before, after: without };
};
