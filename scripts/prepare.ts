// After `npm install` in a clone: what the sources need and no registry holds. It does nothing that was done already.
import { existsSync } from "node:fs";
import { resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
if (existsSync(resolve(root, "scripts/extract-models.ts"))) await import("./extract-models.ts");
