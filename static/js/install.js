// The app can be installed, and says so itself when it is offline: its worker is told in which language.

const { worker, language } = document.querySelector('link[rel="manifest"]').dataset;
const workers = navigator.serviceWorker; // only where the connection is secure

function tell() {
  workers.ready.then(({ active }) => active.postMessage({ language }));
}

if (workers) {
  workers.register(worker);
  workers.addEventListener("controllerchange", tell); // another one took over, which does not know it yet
  tell();
}
