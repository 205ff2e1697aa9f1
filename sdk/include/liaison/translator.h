/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plugin interface of liaison, version 1: `liaison.translator/1`.
 *
 * A plugin is a shared object with one exported symbol, `liaison_plugin_entry`. It offers one or
 * more translators; a translator knows one format and turns it into the pivot (a FHIR R4 Bundle, see
 * docs/reference/pivot.md) and back. What crosses this boundary are bytes and small value structs.
 *
 * Rules that hold for every call:
 *
 *  - Ownership: nothing changes hands. Whatever a struct points to belongs to whoever filled it and
 *    is valid until the call that passed it returns. The receiver copies what it wants to keep.
 *  - Threads: one call at a time in a process; a plugin needs no locks and must start no threads.
 *  - Determinism: same bytes and same options in, same bytes out. No clock, no randomness, no files,
 *    no network, no environment: after `create` the process may neither open files nor sockets, and
 *    a call that tries is stopped with its process. Time and ids come in through the options.
 *  - Errors: a status tells the broker what to do next, issues tell people why. Nothing is thrown
 *    across, and no issue text contains patient data (it may name a field, never its value).
 *  - Growth: each struct begins with its own size and grows only at its end. A reader must not look
 *    past `size`. An incompatible change gets a new id, `liaison.translator/2`.
 */
#ifndef LIAISON_TRANSLATOR_H
#define LIAISON_TRANSLATOR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LIAISON_TRANSLATOR_ABI "liaison.translator/1"

#define LIAISON_PLUGIN_EXPORT __attribute__((visibility("default")))

/* Borrowed bytes: valid until the call that passed them returns. `data` may be NULL when `size` is 0. */
typedef struct liaison_bytes {
  const uint8_t *data;
  size_t size;
} liaison_bytes;

/* What the broker does next. Values are stable for ever. */
typedef enum liaison_status {
  LIAISON_OK = 0,
  LIAISON_REJECT = 1,     /* the message is bad and sending it again cannot help: AE or 4xx, kept in quarantine */
  LIAISON_NOT_MINE = 2,   /* the bytes are another format: try another translator */
  LIAISON_RETRY = 3,      /* something ran out; the same call may succeed later: AR or 503 */
  LIAISON_QUARANTINE = 4, /* not safe to go on, and not for certain the sender's fault: a person looks */
  LIAISON_UNSUPPORTED = 5 /* this translator has no such operation, profile or content */
} liaison_status;

/* As in a FHIR OperationOutcome. */
typedef enum liaison_severity {
  LIAISON_INFORMATION = 0,
  LIAISON_WARNING = 1,
  LIAISON_ERROR = 2
} liaison_severity;

/* What a part of a result is. Values are stable for ever; unknown roles are ignored by the host. */
typedef enum liaison_part_role {
  LIAISON_PART_FACTS = 1,           /* inspect: one JSON object, schemas/facts.schema.json */
  LIAISON_PART_DOCUMENT = 2,        /* decode: the pivot; encode: the message in the target format. Exactly one, first */
  LIAISON_PART_ATTACHMENT = 3,      /* encode: a file that goes beside the document (the PDF of an HPRIM result);
                                       `name` is its suffix with the dot, ".pdf" */
  LIAISON_PART_EMBEDDED = 4,        /* inspect: a message of another format inside this one, byte for byte;
                                       `name` is the location, `format` its format when known */
  LIAISON_PART_ACCOUNT = 5,         /* decode, encode: the account of leaves, JSON, docs/reference/account.md */
  LIAISON_PART_ACKNOWLEDGEMENT = 6, /* inspect with "acknowledge": the positive answer; acknowledge: the answer asked for */
  LIAISON_PART_TEXT = 7             /* render: the document as a person reads it, UTF-8 */
} liaison_part_role;

typedef struct liaison_part {
  size_t size;
  liaison_part_role role;
  const char *name;         /* see the role; NULL or "" when there is nothing to say */
  const char *content_type; /* media type, or NULL */
  const char *format;       /* a format name of liaison, or NULL */
  liaison_bytes bytes;
} liaison_part;

/* A finding about the message. `code` is stable, lower-case-with-dashes, prefixed by the plugin's
 * short name ("hprim-truncated-header"); `location` points into the source in its own terms
 * ("OBX[2]-5.3", "/ClinicalDocument/id", "line 7"); `diagnostics` is a sentence without patient data. */
typedef struct liaison_issue {
  size_t size;
  liaison_severity severity;
  const char *code;
  const char *location;
  const char *diagnostics;
} liaison_issue;

/* Where a call delivers its result, in any order, as often as needed. The host copies at once.
 * A status other than LIAISON_OK means that the host has enough (a limit was passed): return it. */
typedef struct liaison_sink {
  size_t size;
  void *self;
  liaison_status (*part)(void *self, const liaison_part *part);
  liaison_status (*issue)(void *self, const liaison_issue *issue);
} liaison_sink;

/* One call of an operation.
 *
 * `options` is a JSON object, UTF-8, of at most 64 KiB. Unknown members are ignored. Known ones:
 *   "profile"     string   profile of the format, from the translator's list
 *   "charset"     string   override of the character set on reading; the one to write in on encode
 *   "strictness"  string   "tolerant" (default) or "strict"
 *   "now"         string   the current time, RFC 3339 with zone; required by encode and acknowledge
 *   "zone"        string   IANA zone of times that carry none; default "Europe/Paris"
 *   "id_seed"     string   name from which new ids are derived; default: the SHA-256 of the input
 *   "control_id"  string   encode, acknowledge: message control id to use
 *   "values"      bool     inspect: list every result in the facts
 *   "acknowledge" bool     inspect: add the positive acknowledgement
 *   "account"     bool     decode, encode: add the account of leaves; with "tally" true its short form will do
 *   "outcome"     string   acknowledge: "accept", "reject" or "retry"
 *   "issues"      array    acknowledge: issues to report, objects {severity, code, location, diagnostics}
 *   "answer"      object   acknowledge: write a business acknowledgement instead: {kind, outcome, time, address, recipient,
 *                          recipient_index, errors}, words of the facts' `answer` (schemas/facts.schema.json)
 *   "endpoint"    object   the configuration's free "options" of the endpoint, for what is specific to a format
 */
typedef struct liaison_call {
  size_t size;
  liaison_bytes input;       /* encode: the pivot; everything else: the message */
  liaison_bytes options;
  const liaison_part *parts; /* decode: the pivots (role DOCUMENT, `name` as in EMBEDDED) of embedded messages;
                                encode of a profile that wraps: the documents to carry (role EMBEDDED, `format` set) */
  size_t part_count;
  const liaison_sink *sink;
} liaison_call;

typedef liaison_status (*liaison_operation)(void *self, const liaison_call *call);

/* One format. A NULL operation means: not offered. All strings live as long as the plugin. */
typedef struct liaison_translator {
  size_t size;
  const char *format;          /* "hprim-medecin" */
  const char *const *profiles; /* NULL-terminated, may be empty; the first is the default */

  /* How sure this translator is that the bytes are its format: 0 not at all, 100 beyond doubt.
   * `input` may be only the first 64 KiB of a message. Must be cheap. */
  int (*recognise)(void *self, liaison_bytes input);

  liaison_operation inspect;     /* message → FACTS, EMBEDDED, ACKNOWLEDGEMENT, issues */
  liaison_operation decode;      /* message → DOCUMENT (the pivot), ACCOUNT, issues */
  liaison_operation encode;      /* pivot → DOCUMENT, ATTACHMENT, ACCOUNT, issues */
  liaison_operation validate;    /* message → issues only */
  liaison_operation acknowledge; /* message → ACKNOWLEDGEMENT for "outcome" and "issues" */
  liaison_operation render;      /* message → TEXT */

  /* Profiles whose `encode` wraps documents rather than writing the pivot's content itself (an MDM, an XDM archive),
   * NULL-terminated; "*" means all. Such a call gets the documents in `parts`, at least one: the very bytes that came
   * in when they are of the format to carry, otherwise the pivot written in it. They go out byte for byte. NULL, or a
   * table that ends before this member: none. */
  const char *const *wraps;
} liaison_translator;

/* A plugin as the host sees it; it lives until the process ends. */
typedef struct liaison_plugin {
  size_t size;
  const char *id;      /* "fr.liaison.hprim": stable for ever */
  const char *version; /* of the plugin, "1.2.3"; part of every trace of a translation */
  const liaison_translator *const *translators;
  size_t translator_count;

  /* Called once, before the sandbox closes: the only moment at which a plugin may read files (its
   * tables). `configuration` is the plugin's JSON object of the gateway's configuration, "{}" when it has none. Writes
   * the `self` of every later call. A status other than OK ends the process; say why with an issue. */
  liaison_status (*create)(liaison_bytes configuration, const liaison_sink *sink, void **self);
  void (*destroy)(void *self);
} liaison_plugin;

/* The one exported symbol. `abi` is what the host speaks; a plugin that does not know it returns NULL. */
typedef const liaison_plugin *(*liaison_plugin_entry_function)(const char *abi);
#define LIAISON_PLUGIN_ENTRY_NAME "liaison_plugin_entry"
LIAISON_PLUGIN_EXPORT const liaison_plugin *liaison_plugin_entry(const char *abi);

#ifdef __cplusplus
}
#endif
#endif
