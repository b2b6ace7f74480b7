// What the document must tell a client, checked by the compiler alone: nothing here is run.
import type { Claim, ClaimQuantity, JsonValue, Job, JobState, StaleVersionProblem, TriageStatus, paths } from "./schema.js";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Holds<T extends true> = T;

/** The names of members that are any or unknown, four levels deep. */
type Vague<T, Depth extends 0[] = []> = Depth["length"] extends 5
  ? never
  : 0 extends 1 & T
    ? "any"
    : unknown extends T
      ? "unknown"
      : Equal<T, JsonValue> extends true
        ? never
        : T extends (infer Item)[]
          ? Vague<Item, [...Depth, 0]>
          : T extends object
            ? { [Name in keyof T & string]-?: Vague<T[Name], [...Depth, 0]> extends never ? never : Name }[keyof T & string]
            : never;

type Answers<Operation> = Operation extends { responses: infer Responses }
  ? {
      [Status in keyof Responses]: Responses[Status] extends { content: infer Content } ? Content[keyof Content] : never;
    }[keyof Responses]
  : never;
type Optional<T> = { [Name in keyof T]-?: Record<never, never> extends Pick<T, Name> ? Name : never }[keyof T];

// No answer of any operation is vague; the compiler names the members otherwise.
type Methods = {
  [Path in keyof paths]: { [Method in keyof paths[Path]]-?: Vague<Answers<paths[Path][Method]>> }[keyof paths[Path]];
}[keyof paths];
export const vague: never[] = [] as Methods[];

export type AlwaysThere = Holds<Equal<Optional<Claim>, never>>;
export type JobsToo = Holds<Equal<Optional<Job>, never>>;
export type StatesAreNamed = Holds<Equal<JobState, "queued" | "running" | "done" | "failed" | "cancelled">>;
export type StatusesAreNamed = Holds<Equal<Claim["status"], TriageStatus>>;
export type QuantitiesAreTyped = Holds<Equal<ClaimQuantity["factor"], number | null>>;
export type ErrorsAreTyped = Holds<Equal<StaleVersionProblem["changed_by"], string | null>>;
