// Files on their way: what kind of message one makes, and one upload with its progress, which can be stopped.

const PICTURES = /\.(jpe?g|png|webp|gif|heic|heif)$/i;
const FILMS = /\.(mp4|m4v|mov|3gp)$/i;

/** The kind of message a file makes: seen in the chat where it can be. Some systems know no type for iPhones' pictures. */
export function kindOf(file) {
  if (file.type.startsWith("image/") || PICTURES.test(file.name)) return "image";
  return file.type.startsWith("video/") || FILMS.test(file.name) ? "video" : "file";
}

/** Files of a paste or a drop; empty where it carries only text. */
export const filesOf = (transfer) => [...(transfer?.files ?? [])];

export const carriesFiles = (event) => Boolean(event.dataTransfer?.types.includes("Files"));

/**
 * Send `fields` (name → text, File or Blob) to `address`; `onProgress` hears the share sent, 0 to 1.
 * Returns `{answer, stop}`; `answer` resolves with the server's answer, {media, note} or {error: text}, or with null
 * when it was stopped.
 */
export function upload(fields, { address, token, onProgress, lost }) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) if (value) body.append(name, value);
  const request = new XMLHttpRequest();
  request.open("POST", address);
  request.setRequestHeader("X-CSRFToken", token);
  request.responseType = "json";
  const answer = new Promise((resolve) => {
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    request.addEventListener("load", () => {
      const told = request.response;
      resolve(told?.media || told?.error ? told : { error: lost });
    });
    request.addEventListener("error", () => resolve({ error: lost }));
    request.addEventListener("abort", () => resolve(null));
  });
  request.send(body);
  return { answer, stop: () => request.abort() };
}
