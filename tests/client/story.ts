// An afternoon of triage against a live server, as a front end would live it. Ends with 1 at the first surprise.
//   node build/story.js ADDRESS TOKEN TOKEN_OF_A_COLLEAGUE
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

import { accept, client } from "./client.js";
import type { Claim, Event, Job, JobState, PaginatedClaimList } from "./schema.js";

const [address = "", token = "", colleaguesToken = ""] = process.argv.slice(2);
const api = client(address, token);
const colleague = client(address, colleaguesToken);

const TEXT = `Karsova's harbour reopens 🚢

Karsova's harbour handled 4.2 million tonnes of grain in 2023, the port authority said on Monday.

Grain exports tripled from 1.1 million tonnes in 2021, Transport Minister Ilse Trandafir told parliament.

The city spent 240 million crowns on two new piers, according to the Meridian Press Agency.

Unemployment in the district fell to 6.4 per cent in May, the statistics office reported.

About 1,900 people work in the harbour today, its director Oren Halvik said.

The ferry to Brissa carried 310,000 passengers last year, 12 per cent more than in 2022.`;

/** The answer's body, or the end of the story. */
function must<T>(answer: { data?: T; error?: { code: string; detail: string } | undefined; response: Response }): T {
  const { data, error, response } = answer;
  assert.ok(data !== undefined, `${response.url}: ${response.status} ${error?.code ?? ""} ${error?.detail ?? ""}`);
  return data;
}

function etagOf(response: Response): string {
  const etag = response.headers.get("ETag");
  assert.ok(etag, `${response.url} has no ETag`);
  return etag;
}

function isOver(state: JobState): boolean {
  switch (state) {
    case "queued":
    case "running":
      return false;
    case "done":
    case "failed":
    case "cancelled":
      return true;
    default:
      return state satisfies never;
  }
}

async function finished(id: string): Promise<Job> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(100)) {
    const job = must(await api.GET("/api/v1/jobs/{id}", { params: { path: { id } } }));
    if (isOver(job.state)) return job;
  }
  return assert.fail("the job did not end");
}

async function read(id: string): Promise<{ claim: Claim; etag: string }> {
  const answer = await api.GET("/api/v1/claims/{id}", { params: { path: { id } } });
  return { claim: must(answer), etag: etagOf(answer.response) };
}

/** All claims of an article, best first, page by page. */
async function claimsOf(article: string): Promise<Claim[]> {
  const found: Claim[] = [];
  let cursor = "";
  do {
    const query = {
      article: [article],
      status: ["candidate" as const, "deferred" as const],
      ordering: "-check_worthiness" as const,
      page_size: 2,
    };
    const page: PaginatedClaimList = must(
      await api.GET("/api/v1/claims", { params: { query: { ...query, ...(cursor && { cursor }) } } }),
    );
    found.push(...page.results);
    cursor = (page.next && new URL(page.next).searchParams.get("cursor")) ?? "";
  } while (cursor);
  return found;
}

// An article goes in, and its claims come out.
const stored = must(
  await api.POST("/api/v1/articles", {
    body: {
      text: TEXT,
      title: "Karsova's harbour reopens",
      outlet: "Harbour Wire",
      language: "en",
      published_at: "2024-06-03T09:00:00Z",
    },
  }),
);
assert.ok("versions" in stored, "a text is stored at once, not fetched by a job");
assert.ok(stored.job, "a new article is read");
const job = await finished(stored.job);
assert.equal(job.state, "done", JSON.stringify(job.error));
assert.ok(job.kind === "extract" && job.result && "created_claims" in job.result);

const claims = await claimsOf(stored.id);
assert.equal(claims.length, job.result.created_claims);
assert.equal(new Set(claims.map((claim) => claim.id)).size, claims.length);
const scores = claims.map((claim) => claim.check_worthiness ?? -1);
assert.deepEqual(
  scores,
  scores.toSorted((a, b) => b - a),
);
const [first, second, third, fourth, fifth] = claims;
assert.ok(first && second && third && fourth && fifth, `five claims are needed, not ${claims.length}`);
assert.ok(claims.some((claim) => claim.quantities.some((quantity) => quantity.form === "change" && quantity.factor === 3)));
assert.ok(claims.every((claim) => claim.contributions.every(({ name, weight }) => name && Number.isFinite(weight))));

// Positions count code points: 🚢 is one.
const [place] = first.appearances;
assert.ok(place);
const version = must(await api.GET("/api/v1/article-versions/{id}", { params: { path: { id: place.article_version } } }));
assert.equal(Array.from(version.text).slice(place.start, place.end).join(""), place.quote);

// What has not changed is not sent again.
const { claim, etag } = await read(first.id);
assert.deepEqual(claim, first);
const unchanged = await api.GET("/api/v1/claims/{id}", { params: { path: { id: first.id }, header: { "If-None-Match": etag } } });
assert.equal(unchanged.response.status, 304);

// A colleague is faster: the refusal says who, when and what.
must(
  await colleague.PATCH("/api/v1/claims/{id}", {
    params: { path: { id: first.id }, header: { "If-Match": etag } },
    body: { claimant: "Port of Karsova" },
  }),
);
const late = await api.PATCH("/api/v1/claims/{id}", {
  params: { path: { id: first.id }, header: { "If-Match": etag } },
  body: { claimant: "the port" },
});
assert.ok(late.error?.code === "stale_version", late.error?.code);
assert.equal(late.error.status, 412);
assert.equal(late.error.changed_by, "finn");
assert.deepEqual(late.error.changed_fields, ["claimant"]);
assert.equal(late.error.current_version, first.version + 1);
assert.ok(Date.parse(late.error.changed_at) >= Date.parse(first.updated_at));
assert.equal(await accept(api, first.id, etag), "finn changed claimant.");

// Accepted once, however often it is sent.
const seen = await read(first.id);
assert.equal(seen.claim.claimant, "Port of Karsova");
assert.ok(seen.claim.edited_fields.includes("claimant"));
const acceptance = {
  params: { path: { id: first.id }, header: { "If-Match": seen.etag, "Idempotency-Key": crypto.randomUUID() } },
  body: { risk: "high" as const },
};
const accepted = await api.POST("/api/v1/claims/{id}/accept", acceptance);
const repeated = await api.POST("/api/v1/claims/{id}/accept", acceptance);
assert.equal(must(accepted).status, "accepted");
assert.deepEqual(must(repeated), must(accepted));
assert.deepEqual(
  [accepted, repeated].map(({ response }) => response.headers.get("Idempotency-Replayed")),
  [null, "true"],
);
const reused = await api.POST("/api/v1/claims/{id}/accept", { ...acceptance, body: { risk: "normal" } });
assert.ok(reused.error?.code === "idempotency_key_reused", reused.error?.code);

// Two at once; and all or none, where one is refused.
const items = [second, third].map(({ id, version }) => ({ id, version }));
const bulk = must(await api.POST("/api/v1/claims/bulk", { body: { action: "defer", items, params: { reason: "no_capacity" } } }));
assert.deepEqual(
  bulk.results.map((result) => result.claim?.status),
  ["deferred", "deferred"],
);
const refused = await api.POST("/api/v1/claims/bulk", {
  body: { action: "accept", items: [...items, { id: fourth.id, version: fourth.version }], atomic: true },
});
assert.ok(refused.error?.code === "bulk_refused", refused.error?.code);
const [reason, , taken] = refused.error.results;
assert.ok(reason?.problem?.code === "stale_version" && taken?.problem === null);
assert.equal(reason.problem.changed_by, "ada");

// What is impossible now, what is incomplete, what does not exist.
const deferred = await read(second.id);
const impossible = await api.POST("/api/v1/claims/{id}/accept", {
  params: { path: { id: second.id }, header: { "If-Match": deferred.etag } },
  body: {},
});
assert.ok(impossible.error?.code === "action_not_allowed", impossible.error?.code);
assert.deepEqual(impossible.error.allowed_actions, ["restore"]);
assert.deepEqual(
  deferred.claim.allowed_actions.filter((action) => action.allowed).map((action) => action.action),
  ["restore"],
);
const whyNot = deferred.claim.allowed_actions.find((action) => action.action === "accept")?.blocked_by;
assert.deepEqual(whyNot, ["status_is_deferred"]);
const incomplete = await api.POST("/api/v1/claims/{id}/reject", {
  params: { path: { id: fourth.id }, header: { "If-Match": `"${fourth.version}"` } },
  body: { reason: "other" },
});
assert.ok(incomplete.error?.code === "invalid_input", incomplete.error?.code);
assert.deepEqual(
  incomplete.error.errors.map(({ code, pointer }) => [code, pointer]),
  [["note_needed", "/note"]],
);
// @ts-expect-error The compiler knows the parameters, too.
const misspelt = await api.GET("/api/v1/claims", { params: { query: { stauts: "candidate" } } });
assert.ok(misspelt.error?.code === "unknown_parameter", misspelt.error?.code);
assert.deepEqual(
  misspelt.error.errors.map(({ parameter }) => parameter),
  ["stauts"],
);
const nowhere = await api.GET("/api/v1/claims/{id}", { params: { path: { id: stored.id } } });
assert.ok(nowhere.error?.code === "not_found", nowhere.error?.code);

// The same assertion twice, and not after all; two assertions in one.
const merged = await api.POST("/api/v1/claims/{id}/merge", {
  params: { path: { id: fourth.id }, header: { "If-Match": `"${fourth.version}"` } },
  body: { into: first.id, reason: "same_assertion" },
});
assert.equal(must(merged).merged_into, first.id);
const unmerged = await api.POST("/api/v1/claims/{id}/unmerge", {
  params: { path: { id: fourth.id }, header: { "If-Match": etagOf(merged.response) } },
  body: {},
});
assert.deepEqual([must(unmerged).status, must(unmerged).merged_into], ["candidate", null]);
const texts = ["About 1,900 people work in Karsova's harbour.", "Oren Halvik is the director of Karsova's harbour."];
const parts = must(
  await api.POST("/api/v1/claims/{id}/split", {
    params: { path: { id: fifth.id }, header: { "If-Match": `"${fifth.version}"` } },
    body: { texts },
  }),
);
assert.deepEqual(
  parts.map((part) => part.text),
  texts,
);
assert.deepEqual(
  parts.map((part) => part.split_from),
  [null, fifth.id],
);

// Whoever polls for events sees all of it, once and in order; while nothing happens, nothing is sent.
const events: Event[] = [];
let after = "";
const wanted = {
  [first.id]: ["edit", "accept"],
  [second.id]: ["defer"],
  [third.id]: ["defer"],
  [fourth.id]: ["merge", "unmerge"],
  [fifth.id]: ["split"],
};
// What people did: the worker compares claims at times of its own.
const told = (id: string) =>
  events.filter((event) => event.subject_id === id && event.actor !== null).map((event) => event.action);
for (
  const deadline = Date.now() + 10_000;
  Object.keys(wanted).some((id) => told(id).length < (wanted[id]?.length ?? 0));
  await sleep(100)
) {
  assert.ok(Date.now() < deadline, JSON.stringify(events));
  const page = must(await api.GET("/api/v1/events", { params: { query: { page_size: 5, ...(after && { after }) } } }));
  events.push(...page.results);
  after = page.after;
}
for (const [id, actions] of Object.entries(wanted)) assert.deepEqual(told(id), actions);
assert.equal(new Set(events.map((event) => event.id)).size, events.length);
assert.deepEqual(events.find((event) => event.action === "edit")?.changes["claimant"], [first.claimant, "Port of Karsova"]);
assert.equal(events.find((event) => event.action === "accept")?.actor?.username, "ada");

console.log(`${claims.length} claims, ${events.length} events: as told.`);
