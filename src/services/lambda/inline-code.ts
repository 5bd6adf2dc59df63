// Code that a template holds as text (`Code.ZipFile`): a zip archive of one file, as CloudFormation makes it.
import { crc32 } from "node:zlib";

/** The file is `index.js`, or `index.py` for Python ("AWS::Lambda::Function Code"). */
export function inlineArchive(source: string, runtime: string): Uint8Array {
  const name = Buffer.from(runtime.startsWith("python") ? "index.py" : "index.js");
  const content = Buffer.from(source);
  const checksum = crc32(content);

  // PKWARE APPNOTE 6.3: local header and content, directory, end. Stored, not deflated; the date is 1980-01-01.
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(20, 4);
  local.writeUInt16LE(0x21, 12);
  local.writeUInt32LE(checksum, 14);
  local.writeUInt32LE(content.length, 18);
  local.writeUInt32LE(content.length, 22);
  local.writeUInt16LE(name.length, 26);

  const directory = Buffer.alloc(46);
  directory.writeUInt32LE(0x02014b50, 0);
  directory.writeUInt16LE(0x0314, 4);
  directory.writeUInt16LE(20, 6);
  directory.writeUInt16LE(0x21, 14);
  directory.writeUInt32LE(checksum, 16);
  directory.writeUInt32LE(content.length, 20);
  directory.writeUInt32LE(content.length, 24);
  directory.writeUInt16LE(name.length, 28);
  directory.writeUInt32LE(0o100644 * 0x10000, 38);

  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(directory.length + name.length, 12);
  end.writeUInt32LE(local.length + name.length + content.length, 16);
  return Buffer.concat([local, name, content, directory, name, end]);
}
