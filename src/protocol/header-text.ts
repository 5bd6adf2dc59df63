// Header lines as HTTP allows them, whatever a user's data or code has put into them.

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const PLAIN = /^[\t\x20-\x7e]*$/;

export function isHeaderName(name: string): boolean {
  return NAME.test(name);
}

/** Header values are Latin-1 without line breaks; other text goes out as its UTF-8 bytes, as AWS does. */
export function headerSafe(text: string): string {
  if (PLAIN.test(text)) return text;
  return Buffer.from(text.replace(/[\x00-\x08\x0a-\x1f\x7f]/g, " "), "utf8").toString("latin1");
}
