/* SPDX-License-Identifier: Apache-2.0 */
/* The interface as a C compiler sees it: the layout and the numbers that plugins in the field were built with. A
 * change that breaks one of these breaks every plugin; it needs a new id, liaison.translator/2. */
#include <liaison/translator.h>

#if defined(__LP64__)
_Static_assert(sizeof(liaison_bytes) == 16, "liaison_bytes");
_Static_assert(sizeof(liaison_part) == 56, "liaison_part");
_Static_assert(offsetof(liaison_part, role) == 8, "liaison_part.role");
_Static_assert(offsetof(liaison_part, bytes) == 40, "liaison_part.bytes");
_Static_assert(sizeof(liaison_issue) == 40, "liaison_issue");
_Static_assert(offsetof(liaison_issue, diagnostics) == 32, "liaison_issue.diagnostics");
_Static_assert(sizeof(liaison_sink) == 32, "liaison_sink");
_Static_assert(sizeof(liaison_call) == 64, "liaison_call");
_Static_assert(offsetof(liaison_call, sink) == 56, "liaison_call.sink");
_Static_assert(sizeof(liaison_translator) == 88, "liaison_translator");
_Static_assert(offsetof(liaison_translator, recognise) == 24, "liaison_translator.recognise");
_Static_assert(offsetof(liaison_translator, render) == 72, "liaison_translator.render");
_Static_assert(offsetof(liaison_translator, wraps) == 80, "liaison_translator.wraps");
_Static_assert(sizeof(liaison_plugin) == 56, "liaison_plugin");
_Static_assert(offsetof(liaison_plugin, create) == 40, "liaison_plugin.create");
#endif
_Static_assert(LIAISON_OK == 0 && LIAISON_REJECT == 1 && LIAISON_NOT_MINE == 2 && LIAISON_RETRY == 3 &&
                   LIAISON_QUARANTINE == 4 && LIAISON_UNSUPPORTED == 5,
               "statuses");
_Static_assert(LIAISON_INFORMATION == 0 && LIAISON_WARNING == 1 && LIAISON_ERROR == 2, "severities");
_Static_assert(LIAISON_PART_FACTS == 1 && LIAISON_PART_DOCUMENT == 2 && LIAISON_PART_ATTACHMENT == 3 &&
                   LIAISON_PART_EMBEDDED == 4 && LIAISON_PART_ACCOUNT == 5 && LIAISON_PART_ACKNOWLEDGEMENT == 6 &&
                   LIAISON_PART_TEXT == 7,
               "roles");
