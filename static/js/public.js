/* Only comfort: nothing on the page depends on it. */
(function () {
  var form = document.forms[0], box = document.getElementById("comment"), send = document.getElementById("send");
  var key = "answer:" + location.pathname.split("/")[2], sent = false;
  function kept(act, text) { try { return sessionStorage[act](key, text); } catch (e) { return null; } }
  if (document.querySelector("[data-done]")) kept("removeItem");
  if (!send) return;
  var name = send.textContent;
  box.value = box.value || kept("getItem") || "";
  box.addEventListener("input", function () { kept("setItem", box.value); });
  form.addEventListener("submit", function (event) {
    if (sent) { event.preventDefault(); return; }
    sent = true;
    if (event.submitter === send) send.textContent = send.dataset.sending;
  });
  window.addEventListener("pageshow", function () { sent = false; send.textContent = name; });
})();
