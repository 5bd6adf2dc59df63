/** A variable that serverless.yml sets; missing it is a mistake of the deployment, so the function does not start. */
export function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`The environment variable ${name} is not set`);
  return value;
}
