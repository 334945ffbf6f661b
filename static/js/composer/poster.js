// A frame of a video, drawn by this browser: LINE shows it before the video plays. Without one the server draws a sign.

const PATIENCE_MS = 5000;
const LONGEST_SIDE = 1024;
const AT_S = 1; // not the first frame, which is often black

const told = (target, name) =>
  new Promise((resolve, reject) => {
    target.addEventListener(name, resolve, { once: true });
    target.addEventListener("error", reject, { once: true });
  });

async function frameOf(film) {
  await told(film, "loadeddata");
  const seeked = told(film, "seeked");
  film.currentTime = Math.min(AT_S, film.duration / 2 || 0);
  await seeked;
  const scale = Math.min(1, LONGEST_SIDE / Math.max(film.videoWidth, film.videoHeight));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(film.videoWidth * scale);
  canvas.height = Math.round(film.videoHeight * scale);
  canvas.getContext("2d").drawImage(film, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
}

/** A JPEG of one frame of `file`; null where this browser cannot play it, or not soon. */
export async function posterOf(file) {
  const film = document.createElement("video");
  film.muted = true;
  film.playsInline = true;
  film.preload = "auto";
  film.src = URL.createObjectURL(file);
  const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, null));
  try {
    return await Promise.race([frameOf(film), patience]);
  } catch {
    return null; // a codec this browser does not have
  } finally {
    URL.revokeObjectURL(film.src);
    film.removeAttribute("src");
  }
}
