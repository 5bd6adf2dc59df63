import assert from "node:assert/strict";
import { test } from "node:test";
import { integer, pick, seededRandom } from "../../kernel/random.ts";
import { addNumbers, canonicalNumber, compareNumbers, numberBytes, numberKey, subtractNumbers } from "./decimal.ts";

const PRECISION = { message: "Attempting to store more than 38 significant digits in a Number" };
const OVERFLOW = /^Number overflow\. Attempting to store a number with magnitude larger than supported range$/;
const UNDERFLOW = /^Number underflow\. Attempting to store a number with magnitude smaller than supported range$/;

test("numbers have one canonical form", () => {
  const cases: [string, string][] = [
    ["0", "0"],
    ["-0", "0"],
    ["0.000", "0"],
    ["0e500", "0"],
    ["007", "7"],
    ["+7", "7"],
    [".5", "0.5"],
    ["5.", "5"],
    ["1e3", "1000"],
    ["1E+3", "1000"],
    ["1.50", "1.5"],
    ["-0015.789e6", "-15789000"],
    ["0000012345678901234567890123456789012345678", "12345678901234567890123456789012345678"],
    ["-00001.23456789012345678901234567890123456780000", "-1.2345678901234567890123456789012345678"],
    ["0009.99999999999999999999999999999999999990000e125", `${"9".repeat(38)}${"0".repeat(88)}`],
    ["0001.000e-130", `0.${"0".repeat(129)}1`],
    ["-0001.000e-130", `-0.${"0".repeat(129)}1`],
    ["1e125", `1${"0".repeat(125)}`],
  ];
  for (const [text, expected] of cases) assert.equal(canonicalNumber(text), expected, text);
});

test("what is no number, or none that fits, is refused in AWS's words", () => {
  const cases: [string, RegExp][] = [
    ["", /^The parameter cannot be converted to a numeric value$/],
    ["b", /^The parameter cannot be converted to a numeric value: b$/],
    [" 1", /^The parameter cannot be converted to a numeric value: {2}1$/],
    [".", /cannot be converted/],
    ["1e", /cannot be converted/],
    ["NaN", /cannot be converted/],
    ["Infinity", /cannot be converted/],
    ["0x10", /cannot be converted/],
    ["1_000", /cannot be converted/],
    ["123456789012345678901234567890123456789", /more than 38 significant digits/],
    ["-1.23456789012345678901234567890123456789", /more than 38 significant digits/],
    ["1e126", OVERFLOW],
    ["-1e126", OVERFLOW],
    ["1e999999999999", OVERFLOW],
    ["1e-131", UNDERFLOW],
    ["-1e-131", UNDERFLOW],
  ];
  for (const [text, message] of cases) assert.throws(() => canonicalNumber(text), { message }, text);
});

test("sums and differences are exact", () => {
  const cases: [string, string, string, string][] = [
    ["1", "2", "3", "-1"],
    ["0.1", "0.2", "0.3", "-0.1"],
    ["9007199254740993", "1", "9007199254740994", "9007199254740992"],
    ["99999999999999999999999999999999999999", "-1", "99999999999999999999999999999999999998", `1${"0".repeat(38)}`],
    ["-5", "5", "0", "-10"],
    ["1.5", "0", "1.5", "1.5"],
  ];
  for (const [a, b, sum, difference] of cases) {
    assert.equal(addNumbers(a, b), sum);
    assert.equal(subtractNumbers(a, b), difference);
  }
  assert.throws(() => addNumbers(canonicalNumber("1e100"), "1"), PRECISION);
  assert.throws(() => addNumbers(canonicalNumber("9e125"), canonicalNumber("9e125")), { message: OVERFLOW });
});

test("the size of a number is a byte for two digits, one for the exponent, one for a minus", () => {
  const cases: [string, number][] = [
    ["0", 1],
    ["1", 2],
    ["-1", 3],
    ["11", 2],
    ["10", 2],
    ["101", 3],
    ["11111", 4],
    ["111111", 4],
    ["1111111", 5],
    [`1${"0".repeat(125)}`, 2],
    [`${"1".repeat(38)}${"0".repeat(88)}`, 20],
    ["0.05", 2],
    ["-0.0512", 4],
  ];
  for (const [text, bytes] of cases) assert.equal(numberBytes(text), bytes, text);
});

function randomNumber(random: ReturnType<typeof seededRandom>): string {
  const digits = Array.from({ length: 1 + integer(random, 38) }, () => String(integer(random, 10))).join("");
  const exponent = integer(random, 200) - 120;
  const sign = pick(random, ["", "-"]);
  try {
    return canonicalNumber(`${sign}${digits}e${exponent - digits.length}`);
  } catch {
    return canonicalNumber(`${sign}${digits}`);
  }
}

test("the bytes of a number order as numbers do", () => {
  const random = seededRandom(7);
  const fixed = [
    "0",
    "1",
    "-1",
    "10",
    "-10",
    "1.5",
    "-1.5",
    "1.05",
    "-1.05",
    "1e125",
    "-1e125",
    "1e-130",
    "-1e-130",
    "99",
    "100",
    "-99",
    "-100",
  ];
  const numbers = [...fixed.map(canonicalNumber), ...Array.from({ length: 300 }, () => randomNumber(random))];
  for (const a of numbers) {
    for (const b of numbers) {
      const byBytes = Math.sign(Buffer.compare(numberKey(a), numberKey(b)));
      assert.equal(byBytes, Math.sign(compareNumbers(a, b)), `${a} against ${b}`);
    }
  }
});

test("comparison agrees with exact integers", () => {
  const random = seededRandom(11);
  const scale = 10n ** 200n;
  const exact = (text: string): bigint => {
    const [whole = "0", fraction = ""] = text.replace("-", "").split(".");
    const magnitude = BigInt(whole) * scale + BigInt(fraction.padEnd(200, "0"));
    return text.startsWith("-") ? -magnitude : magnitude;
  };
  for (let i = 0; i < 2_000; i++) {
    const [a, b] = [randomNumber(random), randomNumber(random)];
    const expected = exact(a) < exact(b) ? -1 : exact(a) > exact(b) ? 1 : 0;
    assert.equal(Math.sign(compareNumbers(a, b)), expected, `${a} against ${b}`);
  }
});
