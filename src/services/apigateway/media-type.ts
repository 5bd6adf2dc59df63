// Which media types an API treats as binary. Pure.

/** True when a header's first media type (`image/png;q=0.9, text/html` → `image/png`) is one of the API's binary types. */
export function isBinary(binaryMediaTypes: readonly string[], header: string | undefined): boolean {
  if (binaryMediaTypes.length === 0) return false;
  if (binaryMediaTypes.includes("*/*")) return true;
  const type = mediaTypeOf(header);
  if (type === undefined) return false;
  return binaryMediaTypes.some((binary) => {
    const wanted = binary.toLowerCase();
    return wanted === type || (wanted.endsWith("/*") && type.startsWith(wanted.slice(0, -1)));
  });
}

/** The first media type of a Content-Type or Accept header, without parameters, in lower case. */
export function mediaTypeOf(header: string | undefined): string | undefined {
  const type = header?.split(",", 1)[0]?.split(";", 1)[0]?.trim().toLowerCase();
  return type === "" ? undefined : type;
}
