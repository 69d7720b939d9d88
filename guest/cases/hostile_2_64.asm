%define MODE LONG64
%define SAYS "Random privileged writes harm neither the guest nor the host, series 2"
%define SEED 0x9e3779b97f4a7c12
%include "hostile.inc"
