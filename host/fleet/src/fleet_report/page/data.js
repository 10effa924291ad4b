// The data of the page: an index, read at once, and chunks, read when they are needed.

import { byId } from "./dom.js";

/** How many chunks are kept after they were read. */
const KEPT = 24;

const chunks = new Map();

/** The report, and where the details of each Application are. */
export const data = { report: null, places: [] };

/** Reads the index. */
export async function open() {
  const index = await read("index");
  data.report = index.report;
  data.places = index.places;
  for (const [number, application] of data.report.applications.entries()) {
    application.number = number;
    // In a change the cluster of Argo CD itself has its environment before it, which is shown already.
    application.cluster = application.application.cluster.replace(`${application.environment}/`, "");
  }
}

/** The details of an Application. */
export async function detailsOf(number) {
  const [chunk, place] = data.places[number];
  return (await chunkOf(chunk))[place];
}

/** The details of an Application if they were read. */
export function knownDetails(number) {
  const [chunk, place] = data.places[number];
  return chunks.get(chunk)?.value?.[place];
}

function chunkOf(number) {
  const kept = chunks.get(number);
  if (kept) {
    // The one that was needed last is dropped last.
    chunks.delete(number);
    chunks.set(number, kept);
    return kept.promise;
  }
  const entry = { value: null, promise: null };
  entry.promise = read(`chunk-${number}`).then((value) => {
    entry.value = value;
    return value;
  });
  chunks.set(number, entry);
  if (chunks.size > KEPT) chunks.delete(chunks.keys().next().value);
  return entry.promise;
}

async function read(id) {
  const stream = new Blob([bytes(byId(id).textContent)]).stream();
  return new Response(stream.pipeThrough(new DecompressionStream("deflate"))).json();
}

function bytes(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const text = atob(base64);
  const array = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) array[index] = text.charCodeAt(index);
  return array;
}
