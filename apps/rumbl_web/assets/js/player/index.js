// Choose the player of a video; the heavy ones are fetched only when needed.
import { Unplayable } from "./contract.js";
import { create as createFile } from "./file.js";
import { gettext } from "../words.js";

const KINDS = new Map([
  ["file", async () => createFile],
  ["demo", async () => createFile],
  ["hls", async () => (await import("./hls.js")).create],
  ["youtube", async () => (await import("./youtube.js")).create],
  ["vimeo", async () => (await import("./vimeo.js")).create],
]);

/** Make the player that `source` (`{ kind, src, id, title, poster }`) asks for; rejects with words for the viewer. */
export async function createPlayer(source) {
  const load = KINDS.get(source.kind);
  if (!load) throw new Unplayable(gettext("rumbl can't play videos from this address."));
  const create = await load().catch(() => { throw new Error(gettext("The player could not be loaded.")); });
  return create(source);
}

/** What the server wrote on the `#video` element. */
export function sourceOf(element) {
  const { playerKind, playerSrc, playerId, link, title, poster } = element.dataset;
  const said = { kind: playerKind ?? "", src: playerSrc ?? "", id: playerId ?? "", link: link ?? "" };
  return { ...said, title: title ?? "Video", poster };
}
