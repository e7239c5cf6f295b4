// What the server tells the page's script, in a JSON block (a strict content policy allows no inline script).

/** The boot data of a document, or null when the page has none. */
export function readBoot(root = document) {
  const text = root.getElementById("rumbl-boot")?.textContent;
  if (!text) return null;
  const { userToken, userId, guest, socketUrl, loginUrl, videoId } = JSON.parse(text);
  const known = { userId: userId ?? null, guest: guest !== false, socketUrl: socketUrl ?? "/socket" };
  return { userToken, loginUrl, videoId, ...known };
}

/** Fetch this page again for a fresh token; null when the site does not answer. */
export async function fetchBoot(url = location.href) {
  try {
    const response = await fetch(url, { cache: "no-store", headers: { accept: "text/html" } });
    if (response.status >= 500) return null;
    return readBoot(new DOMParser().parseFromString(await response.text(), "text/html")) ?? {};
  } catch {
    return null;
  }
}
