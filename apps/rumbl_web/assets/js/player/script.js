// Load a provider's script once, and hear about it when it is blocked.

const loading = new Map();

/** Resolves when the script has run; rejects when it can't be loaded within `timeoutMs`. */
export function loadScript(src, timeoutMs = 12000) {
  if (!loading.has(src)) loading.set(src, insert(src, timeoutMs).catch((error) => forget(src, error)));
  return loading.get(src);
}

function insert(src, timeoutMs) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    setTimeout(() => reject(new Error(`no answer from ${src}`)), timeoutMs);
    script.onload = resolve;
    script.onerror = () => reject(new Error(`could not load ${src}`));
    script.src = src;
    document.head.append(script);
  });
}

function forget(src, error) {
  loading.delete(src);
  throw error;
}
