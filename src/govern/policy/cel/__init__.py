"""The expression language (CEL): lexer, trees, static checks, probes, binding, evaluation; the engine is not here."""
