// Says that something new has come in, for whoever has the page open. Without it the page is as it was when it was loaded.
(() => {
  const line = document.getElementById("news");
  if (!line) return;
  const every = 30_000;
  const look = async () => {
    if (document.visibilityState !== "visible") return;
    try {
      const answer = await fetch(`/home/news?since=${line.dataset.since}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const { new: many } = await answer.json();
      if (!many || !line.hidden) return;
      const link = document.createElement("a");
      link.href = line.dataset.href;
      link.textContent = line.dataset.go;
      line.append(line.dataset.one, " ", link);
      line.hidden = false;
    } catch {
      // The line is down. It is asked again in a while.
    }
  };
  setInterval(look, every);
  document.addEventListener("visibilitychange", look);
})();
