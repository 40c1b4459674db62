/* A device for everybody: begins by a touch, keeps answers until the server has them, and forgets who was here. */
(function () {
  var me = document.currentScript.dataset, rules = JSON.parse(me.rules), form = document.forms[0];
  var AFTER_THANKS = 20, AFTER_NOBODY = 60, REFRESH = 300, PATIENCE = 15;
  var start = document.getElementById("k-start"), thanks = document.getElementById("k-thanks"), note = document.getElementById("k-note");
  var KEY = "afterword:kept:" + me.slug, memory = null, sending = false, pause = 2, retry = 0;
  var last = Date.now(), fresh = Date.now(), wrong = null;

  /* What waits. It is written down before anybody is thanked, and taken away only when the server has it. */
  function kept() {
    if (memory) return memory;
    try { return JSON.parse(localStorage.getItem(KEY) || "[]"); } catch (e) { return []; }
  }
  function keep(list) {
    try { localStorage.setItem(KEY, JSON.stringify(list)); memory = null; } catch (e) { memory = list; }
    note.firstElementChild.textContent = list.length;
    note.hidden = !list.length || (sending && pause === 2);
  }
  function post(to, body) {
    var stop = new AbortController(), timer = setTimeout(function () { stop.abort(); }, PATIENCE * 1000);
    return fetch(to, { method: "POST", body: new URLSearchParams(body), redirect: "manual", credentials: "same-origin", signal: stop.signal })
      .finally(function () { clearTimeout(timer); });
  }
  function send() {
    if (sending) return;
    var list = kept();
    if (!list.length) return;
    clearTimeout(retry);
    sending = true;
    list.reduce(function (before, one) {
      return before.then(function (failed) {
        return post(one.to, one.body + "&waited=" + Math.max(0, Date.now() - one.at)).then(function (reply) {
          if (reply.type !== "opaqueredirect") return failed + 1;  /* refused for now, for example because the link is paused */
          keep(kept().filter(function (other) { return other.id !== one.id; }));
          return failed;
        });
      });
    }, Promise.resolve(0)).catch(function () { return 1; }).then(function (failed) {
      sending = false;
      pause = failed ? Math.min(pause * 2, 15) : 2;
      keep(kept());
      if (kept().length) retry = setTimeout(send, failed ? pause * 1000 : 0);
    });
  }
  addEventListener("online", function () { pause = 2; send(); });

  function fresh_id() {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), function (n) { return (n + 256).toString(16).slice(1); }).join("");
  }
  function first() { return form && form.querySelector("input:not([type=hidden]):not(:disabled), textarea"); }
  function show(cover) {
    start.hidden = cover !== start;
    thanks.hidden = cover !== thanks;
    document.querySelectorAll("main, header").forEach(function (part) { part.inert = !!cover; });
    last = Date.now();
  }
  function clear() {
    if (!form) return;
    form.querySelectorAll("input:not([type=hidden]), textarea").forEach(function (field) {
      if (field.type === "radio" || field.type === "checkbox") field.checked = field.defaultChecked = false;
      else field.value = field.defaultValue = "";
    });
    try { sessionStorage.removeItem("answer:" + me.slug); } catch (e) { /* nothing was kept there */ }
    form.elements.form_id.value = fresh_id();  /* each answer is a submission of its own; sent twice, it is one */
    form.elements.opened_at.value = "";
    form.dispatchEvent(new Event("change"));
    if (wrong) wrong.remove();
    document.querySelectorAll(".error").forEach(function (box) { box.remove(); });
    scrollTo(0, 0);
  }
  function again() {
    clear();
    show(start);
    if (me.begun || stale(REFRESH)) renew();
  }
  function stale(seconds) { return (Date.now() - fresh) / 1000 >= seconds; }
  function write(html) {  /* what is typed stays, so this is no new visit */
    clearInterval(window.afterwordBeat);
    clearTimeout(retry);
    document.open();
    document.write(html);
    document.close();
  }
  /* The newest version, in the first language; without a connection what is here stays. */
  function renew() {
    if (kept().length && sending) return;
    fresh = Date.now();
    fetch(me.start + "&again=1", { credentials: "same-origin" }).then(function (reply) {
      if (reply.status < 500 && (!form || !start.hidden) && !sending) location.replace(me.start);
    }).catch(function () { /* later */ });
  }

  function missing() {
    var data = new FormData(form);
    return rules.find(function (rule) {
      if (rule.if && data.getAll(rule.if[0]).indexOf(rule.if[1]) < 0) return false;
      if (rule.days) return data.getAll(rule.names[0]).some(function (day) { return day && (day < rule.days[0] || day > rule.days[1]); });
      return rule.names.some(function (name) {
        var fields = Array.from(form.elements).filter(function (field) { return field.name === name && !field.disabled; });
        return fields.length && !data.getAll(name).some(function (value) { return value.trim(); });
      });
    });
  }
  function complain(rule) {
    var field = Array.from(form.elements).find(function (one) { return rule.names.indexOf(one.name) >= 0; });
    if (wrong) wrong.remove();
    wrong = document.createElement("span");
    wrong.className = "wrong";
    wrong.setAttribute("role", "alert");
    wrong.textContent = rule.say;
    (field.closest("fieldset") || field.parentNode).append(wrong);
    field.focus();
    wrong.scrollIntoView({ block: "center" });
  }
  function turn(button) {
    var body = new FormData(form);
    body.append("switch", button.value);
    fetch(button.formAction, { method: "POST", body: new URLSearchParams(body), credentials: "same-origin" })
      .then(function (reply) { return reply.text(); }).then(write).catch(function () { /* the language stays */ });
  }
  addEventListener("submit", function (event) {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.submitter && event.submitter.name === "switch") return turn(event.submitter);
    var rule = missing();
    if (rule) return complain(rule);
    var list = kept();
    list.push({ id: form.elements.form_id.value, at: Date.now(), to: form.action, body: new URLSearchParams(new FormData(form)).toString() });
    pause = 2;
    keep(list);
    clear();
    show(thanks);
    send();
  }, true);

  ["pointerdown", "keydown", "input", "scroll"].forEach(function (kind) {
    addEventListener(kind, function () { last = Date.now(); }, { passive: true, capture: true });
  });
  start.addEventListener("click", function () {
    if (!form) return;
    clear();
    show(null);
    if (document.documentElement.requestFullscreen) document.documentElement.requestFullscreen().catch(function () { /* it works without */ });
    var field = first();
    if (field) field.focus({ preventScroll: true });
  });
  thanks.addEventListener("click", again);
  window.afterwordBeat = setInterval(function () {
    var quiet = (Date.now() - last) / 1000, covered = !start.hidden;
    if (form && (!thanks.hidden ? quiet >= AFTER_THANKS : !covered && quiet >= AFTER_NOBODY)) again();
    else if ((covered || !form) && stale(form ? REFRESH : 30)) renew();
  }, 1000);

  if (form && form.elements.form_id) {
    if (!me.begun) { clear(); show(start); }
  } else {
    form = null;
    start.hidden = true;
  }
  keep(kept());
  send();
  if (navigator.serviceWorker) {
    navigator.serviceWorker.register(me.worker).then(function () { return navigator.serviceWorker.ready; }).then(function () {
      return caches.open("afterword-kiosk").then(function (box) { return box.add(me.start + "&again=1"); });
    }).catch(function () { /* then a reload needs a connection */ });
  }
})();
