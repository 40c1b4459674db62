/* Only comfort: nothing on the page depends on it. */
(function () {
  var form = document.forms[0], later = document.getElementById("later"), send = document.getElementById("send");
  var key = "answer:" + location.pathname.split("/")[2], sent = false, all = [];
  function kept(act, text) { try { return sessionStorage[act](key, text); } catch (e) { return null; } }
  if (document.querySelector("[data-done]")) kept("removeItem");
  if (!send) return;

  /* All questions on one page: the others come in, and each is shown while its conditions hold. */
  if (later) {
    later.replaceWith(later.content);
    form.querySelectorAll("[data-carried]").forEach(function (field) { field.remove(); });
    send.remove();
    send = document.getElementById("send");
    form.elements.page.value = "all";
  }
  function holds(when, data) {
    function test(one) {
      if (one === true || one === false) return one;
      var given = data.getAll(one[0]).map(function (value) { return value.trim(); }).filter(function (value) {
        return value && !(/^\d{4}-\d\d-\d\d$/.test(value) && (value < "1900" || value > "2201"));
      });
      var hit = given.some(function (value) { return one[1].indexOf("*") >= 0 || one[1].indexOf(value) >= 0; });
      return hit !== !!one[2];
    }
    return when.any ? when.if.some(test) : when.if.every(test);
  }
  var waiting = form.elements.page && form.elements.page.value === "all" ? form.querySelectorAll("[data-when]") : [];
  function follow() {
    waiting.forEach(function (part) {
      var on = holds(JSON.parse(part.dataset.when), new FormData(form));
      part.hidden = !on;
      part.querySelectorAll("input, textarea").forEach(function (field) { field.disabled = !on; });
    });
  }
  follow();
  form.addEventListener("change", function (event) {
    var place = event.target.closest(".ask") || event.target.closest("fieldset, .q"), said = place && place.querySelector(".wrong");
    if (said) {
      said.remove();
      place.querySelectorAll(".bad").forEach(function (row) { row.classList.remove("bad"); });
      var top = document.querySelector(".error");
      if (top && !document.querySelector(".wrong")) top.remove();
    }
    var box = event.target, say = box.name && form.elements[box.name.replace(/-other$/, "")];
    if (say && say !== box && /-other$/.test(box.name) && box.value)
      Array.from(say.length ? say : [say]).forEach(function (one) { if (one.value === "other") one.checked = true; });
    follow();
  });

  form.querySelectorAll("textarea, input.text").forEach(function (box) { all.push(box); });
  var name = send.textContent, before = {};
  try { before = JSON.parse(kept("getItem") || "{}"); } catch (e) { before = {}; }
  all.forEach(function (box) {
    box.value = box.value || before[box.name] || "";
    box.addEventListener("input", function () {
      var now = {};
      all.forEach(function (one) { now[one.name] = one.value; });
      kept("setItem", JSON.stringify(now));
    });
  });
  form.addEventListener("submit", function (event) {
    if (sent) { event.preventDefault(); return; }
    sent = true;
    if (event.submitter === send && send.name !== "go") send.textContent = send.dataset.sending;
  });
  window.addEventListener("pageshow", function () { sent = false; send.textContent = name; });
})();
