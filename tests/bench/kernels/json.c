// A text of `n` objects, written once, and parsed: numbers are summed, strings counted.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct parser {
  const char *at;
  double numbers;
  uint64_t characters, values;
};

static void parse_value(struct parser *parser);

static void skip(struct parser *parser) {
  while (*parser->at == ' ' || *parser->at == '\n' || *parser->at == '\t') ++parser->at;
}

static void parse_string(struct parser *parser) {
  for (++parser->at; *parser->at != '"'; ++parser->at, ++parser->characters)
    if (*parser->at == '\\') ++parser->at;
  ++parser->at;
}

static void parse_number(struct parser *parser) {
  const double sign = *parser->at == '-' ? -1 : 1;
  if (sign < 0) ++parser->at;
  double number = 0, scale = 1;
  for (; *parser->at >= '0' && *parser->at <= '9'; ++parser->at) number = number * 10 + (*parser->at - '0');
  if (*parser->at == '.')
    for (++parser->at; *parser->at >= '0' && *parser->at <= '9'; ++parser->at) number += (*parser->at - '0') * (scale /= 10);
  parser->numbers += sign * number;
}

static void parse_list(struct parser *parser, char end) {
  ++parser->at;
  for (skip(parser); *parser->at != end; skip(parser)) {
    if (end == '}') {
      parse_string(parser);
      skip(parser);
      ++parser->at; // the colon
    }
    parse_value(parser);
    skip(parser);
    if (*parser->at == ',') ++parser->at;
  }
  ++parser->at;
}

static void parse_value(struct parser *parser) {
  skip(parser);
  ++parser->values;
  switch (*parser->at) {
  case '{':
    parse_list(parser, '}');
    break;
  case '[':
    parse_list(parser, ']');
    break;
  case '"':
    parse_string(parser);
    break;
  case 't':
  case 'n':
    parser->at += 4;
    break;
  case 'f':
    parser->at += 5;
    break;
  default:
    parse_number(parser);
    break;
  }
}

static char *text;

static void write_text(int32_t n) {
  char *out = text = malloc((size_t)n * 128 + 8);
  *out++ = '[';
  for (int32_t i = 0; i < n; ++i)
    out +=
        sprintf(out, "%s{\"id\": %d, \"name\": \"someone \\\"%d\\\"\", \"at\": [%d.25, -%d.5], \"is\": true, \"of\": null}",
                i == 0 ? "" : ", ", i, i * 7, i % 90, i % 180);
  *out++ = ']';
  *out = 0;
}

static double kernel(int32_t n) {
  if (text == 0) write_text(n);
  struct parser parser = {text, 0, 0, 0};
  parse_value(&parser);
  return parser.numbers + (double)parser.characters + (double)parser.values;
}
