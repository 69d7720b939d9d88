; The one of many guests that measures: see scale.inc.
%define PROBE
%include "scale.inc"
