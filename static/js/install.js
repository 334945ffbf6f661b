// The app can be installed, and says so itself when it is offline: its worker is registered in the reader's language.

const { worker } = document.querySelector('link[rel="manifest"]').dataset;
navigator.serviceWorker?.register(worker); // only where the connection is secure
