// Passkeys: the one thing about signing in that a page cannot do without a script. Without it the forms that need one
// stay hidden, and the password stands there as ever.
"use strict";
(() => {
  if (!window.PublicKeyCredential || !navigator.credentials) return;

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const listed = (many) => (many || []).map((one) => ({ ...one, id: bytes(one.id) }));

  const wanted = async (form) => {
    const answer = await fetch(form.dataset.options, { method: "POST", headers: { Accept: "application/json" } });
    if (answer.status === 401) location.reload(); // too long ago: the page asks again who it is
    if (!answer.ok) throw new Error(answer.status);
    const it = await answer.json();
    it.challenge = bytes(it.challenge);
    if (it.user) it.user.id = bytes(it.user.id);
    if (it.excludeCredentials) it.excludeCredentials = listed(it.excludeCredentials);
    if (it.allowCredentials) it.allowCredentials = listed(it.allowCredentials);
    return it;
  };

  const said = (made) => {
    const from = made.response, response = { clientDataJSON: text(from.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"])
      if (from[name]) response[name] = text(from[name]);
    if (from.getTransports) response.transports = from.getTransports();
    return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response, clientExtensionResults: {} });
  };

  const send = (form, made) => {
    form.querySelector("[data-credential]").value = said(made);
    form.submit();
  };

  let waiting = null; // the offer that stands in the name's field: there may be one at a time

  const press = async (form) => {
    const oops = form.querySelector("[data-oops]");
    oops.hidden = true;
    if (waiting) waiting.abort();
    try {
      const publicKey = await wanted(form);
      const made = form.dataset.passkey === "new"
        ? await navigator.credentials.create({ publicKey }) : await navigator.credentials.get({ publicKey });
      send(form, made);
    } catch {
      oops.hidden = false;
    }
  };

  // Browsers that can do it offer the passkey where the name is typed. What it signs is asked for anew before it is too old.
  const offer = async (form) => {
    const can = PublicKeyCredential.isConditionalMediationAvailable;
    if (!can || !(await can.call(PublicKeyCredential))) return;
    for (;;) {
      const here = (waiting = new AbortController());
      const timer = setTimeout(() => here.abort("old"), 240000);
      try {
        const publicKey = await wanted(form);
        return send(form, await navigator.credentials.get({ publicKey, mediation: "conditional", signal: here.signal }));
      } catch {
        if (here.signal.reason !== "old") return;
      } finally {
        clearTimeout(timer);
      }
    }
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => { event.preventDefault(); press(form); });
    if ("autofill" in form.dataset) offer(form);
  }
  for (const one of document.querySelectorAll("[data-scripted]")) one.hidden = false;
  for (const one of document.querySelectorAll("[data-unscripted]")) one.hidden = true;
})();
