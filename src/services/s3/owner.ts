// The canonical user id by which S3 names an account: 64 hexadecimal digits, the same for an account at all times.
import { hash } from "node:crypto";

export function canonicalUserId(account: string): string {
  return hash("sha256", `hearth canonical user ${account}`, "hex");
}

export function ownerOf(account: string): { readonly ID: string } {
  return { ID: canonicalUserId(account) };
}
