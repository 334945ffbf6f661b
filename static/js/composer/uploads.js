// One picture on its way: sent with its progress shown, answered with the stored file or with what is wrong with it.

/**
 * Send `file` to `address`; `onProgress` hears the share sent, 0 to 1.
 * Resolves with the server's answer: {media: {media, url, name, size, problems}} or {error: text}.
 */
export function upload(file, { address, token, onProgress, lost }) {
  return new Promise((resolve) => {
    const body = new FormData();
    body.append("file", file);
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.setRequestHeader("X-CSRFToken", token);
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    request.addEventListener("load", () => resolve(request.response ?? { error: lost }));
    request.addEventListener("error", () => resolve({ error: lost }));
    request.send(body);
  });
}

/** Files of a paste or a drop; empty where it carries only text. */
export const filesOf = (transfer) => [...(transfer?.files ?? [])];
