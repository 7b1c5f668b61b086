{# A name as it is compared (R29): decomposed, without marks, in lower case, in the order First Last, whatever the #}
{# collation and version of the database. Migration 00016 has the letters.                                         #}
{% macro folded_name(name) -%} ops.folded_name({{ name }}) {%- endmacro %}


{# An address as it is compared. #}
{% macro folded_email(email) -%} ops.lower_case({{ email }}) {%- endmacro %}
