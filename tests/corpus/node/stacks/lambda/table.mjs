// Stands for a DynamoDB table, which all execution environments share.
import { setTimeout as sleep } from "node:timers/promises";

import { current, Store } from "../../lib/witness.mjs";

const store = new Store();
const deliveries = new Set();

export class TransactionCanceled extends Error {}

// True if the invocation has ended: what it left running is frozen with it, and its connections are lost.
const frozen = () => current.getStore()?.returned;

export async function isKnown(id) {
  await sleep(2);
  return deliveries.has(id);
}

// Saves an item, and the id of its delivery unless that is there, or neither.
export async function save(id, { kind, key, item }, { condition = true } = {}) {
  await sleep(2);
  if (frozen()) return;
  if (condition && deliveries.has(id)) throw new TransactionCanceled("ConditionalCheckFailed");
  deliveries.add(id);
  store.save(kind, key, item);
}

// As @aws-sdk/util-dynamodb marshalls numbers.
export function marshall(value) {
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new Error(`Special numeric value ${value} is not allowed`);
    if (value > Number.MAX_SAFE_INTEGER) throw new Error(`Number ${value} is greater than Number.MAX_SAFE_INTEGER.`);
    if (value < Number.MIN_SAFE_INTEGER) throw new Error(`Number ${value} is lesser than Number.MIN_SAFE_INTEGER.`);
    return { N: String(value) };
  }
  if (Array.isArray(value)) return { L: value.map(marshall) };
  if (value !== null && typeof value === "object") {
    return { M: Object.fromEntries(Object.entries(value).map(([name, member]) => [name, marshall(member)])) };
  }
  return { S: value };
}
