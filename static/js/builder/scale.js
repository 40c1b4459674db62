// Which metric the score measures: chosen while nothing was published, said why not afterwards.
import { button, dialog, h, select } from "./dom.js";
import { start, t } from "./start.js";
import { edit, store } from "./store.js";

const METRICS = {
  nps: [t("Loyalty (NPS)"), t("0–10: would they recommend you?")],
  csat: [t("Satisfaction (CSAT)"), t("1–5: how satisfied are they?")],
  csat3: [t("Satisfaction in words"), t("three answers in words")],
  ces: [t("Effort (CES 2.0)"), t("1–7: was it easy?")],
  ces5: [t("Effort, short"), t("1–5: was it easy?")],
  stars: [t("Stars"), t("one to five stars")],
  smileys: [t("Smileys"), t("five faces")],
  thumbs: [t("Thumbs"), t("up or down")],
};
export const metricName = (metric) => METRICS[metric][0];

const radio = (metric) =>
  h("label", { class: "choice metric" },
    h("input", {
      type: "radio", name: "metric", value: metric, checked: store.document.metric === metric, "data-at": `metric:${metric}`,
      onchange: () => edit((document) => { document.metric = metric; }),
    }),
    h("span", {}, h("span", { class: "choice-title" }, METRICS[metric][0]), h("span", { class: "choice-help" }, METRICS[metric][1])));

const copyWith = async () => {
  const others = Object.keys(METRICS).filter((metric) => metric !== store.document.metric);
  const chosen = select(others.map((metric) => [metric, `${METRICS[metric][0]}: ${METRICS[metric][1]}`]), others[0], { "aria-label": t("Scale of the copy") });
  const answer = await dialog(t("A copy with another scale"),
    [h("p", {}, t("The copy is a new draft with the same questions. This survey and its answers stay as they are.")), chosen],
    (close) => [button(t("Cancel"), { onclick: () => close("") }), button(t("Make the copy"), { class: "button button-primary", onclick: () => close("copy") })]);
  if (answer !== "copy") return;
  const form = h("form", { method: "post", action: start.addresses.copy, hidden: true },
    h("input", { type: "hidden", name: "csrf_token", value: start.token }),
    h("input", { type: "hidden", name: "name", value: t("{name} (copy)", { name: start.survey.name.slice(0, 100) }) }),
    h("input", { type: "hidden", name: "metric", value: chosen.value }));
  document.body.append(form);
  form.submit();
};

export const metricPicker = () => {
  if (start.survey.published) {
    return h("div", { class: "field" },
      h("span", { class: "label" }, t("What is measured")),
      h("p", {}, h("strong", {}, metricName(store.document.metric)), ` · ${METRICS[store.document.metric][1]}`),
      h("p", { class: "help" }, t("The scale stays: answers given so far could not be compared with answers on another one.")),
      h("div", { class: "row" }, button(t("Make a copy with another scale"), { class: "button button-small", onclick: copyWith }, "copy")));
  }
  return h("fieldset", { class: "field" },
    h("legend", { class: "label" }, t("What is measured")),
    h("span", { class: "help" }, t("It stays once the survey is published.")),
    h("div", { class: "choices metrics" }, Object.keys(METRICS).map(radio)));
};
